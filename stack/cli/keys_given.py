"""What people say to `keys`, and what is said to them when it cannot be used."""

import getpass
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import typer

from stack.cli.output import fail
from stack.cli.service import not_of_an_app
from stack.native.layout import keeping
from stack.native.state import running
from stack.paths import Home

#: Instead of scopes and a limit: those that the key's role and its tier have.
ROLE_S, TIER_S = "role", "tier"
AS_JSON = typer.Option("--json", help="Print JSON.")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
OPTIONS = {
    "budget_day_usd": "budget-day",
    "budget_month_usd": "budget-month",
    "expires_at": "expires",
    "rate_limit": "limit",
    "scopes": "scope",
}


def settings() -> Any:
    """Return the service's settings, those of the demo while it runs."""
    from app.settings import Settings  # noqa: PLC0415

    home = Home.default()
    state = running(home)
    not_of_an_app(state)
    found = Settings.read(home=home.root)
    if state is not None and state.demo:  # whose database is its own, whatever is set
        return found.model_copy(update={"data_dir": keeping(home, demo=True).data, "database_url": None})
    return found


def who() -> str:
    """Return who gives the command, as is noted with what was done."""
    try:
        return f"cli:{getpass.getuser()}"[:64]
    except (KeyError, OSError):  # a user without a name, as in containers
        return "cli"


def scopes(given: Sequence[str] | None) -> dict[str, Any]:
    """Return what the options --scope say, by the field's name."""
    if not given:
        return {}
    return {"scopes": None if list(given) == [ROLE_S] else frozenset(given)}


def until(text: str | None, now: datetime) -> datetime | None:
    """Return the moment that --expires names; None without one."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,5}[hdw]", text):
        moment = now + span("--expires", text)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            fail(f"--expires {text!r}: give a time such as 12h, 30d or 8w, or a date such as 2030-12-31", code=2)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= now:
        fail(f"--expires {text!r} is not in the future", code=2)
    return moment


def span(option: str, text: str) -> timedelta:
    """Return a length of time such as 24h."""
    found = re.fullmatch(r"(\d{1,5})([mhdw])", text)
    if found is None:
        fail(f"{option} {text!r}: give a time such as 30m, 12h, 30d or 8w", code=2)
    return timedelta(**{UNITS[found.group(2)]: int(found.group(1))})


@contextmanager
def said(key: str | None = None) -> Iterator[None]:
    """Turn what the service's database and settings complain of into one message; `key` is what was asked for."""
    from pydantic import ValidationError  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from app.database.schema import WrongSchemaError  # noqa: PLC0415
    from app.keys.changes import KeyNotActive, NoSuchKey  # noqa: PLC0415
    from app.keys.secret import parse  # noqa: PLC0415
    from telemetry.process_settings import SettingsInvalid  # noqa: PLC0415

    try:
        yield
    except SettingsInvalid as error:
        fail(error, code=2)
    except ValidationError as error:  # of what is asked for
        fail("; ".join(_complaint(problem) for problem in error.errors()), code=2)
    except NoSuchKey:
        if (whole := parse(key or "")) is not None:
            fail(f"name the key by its beginning, pv_{whole.prefix}: others can see what a command is given. Rotate it")
        fail(f"no key has the id or beginning {key!r}; ./plainview keys list shows them all")
    except (WrongSchemaError, SQLAlchemyError) as error:
        fail(f"{str(error).splitlines()[0]} (./plainview up makes and migrates the database)")
    except KeyNotActive as error:
        fail(error)
    except ValueError as error:  # of scopes that do not fit the key's role
        fail(f"--scope {error}", code=2)


def _complaint(problem: Any) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    name = str(problem["loc"][0])
    return f"--{OPTIONS.get(name, name)} {problem['input']!r}: {message}"
