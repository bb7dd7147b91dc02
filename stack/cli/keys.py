"""`keys`: who may use the service."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from stack.cli import compose
from stack.cli.output import columns, err, escape, fail, out
from stack.cli.service import not_of_an_app
from stack.native.layout import keeping
from stack.native.state import running
from stack.paths import Home

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True, callback=compose.instead)
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@keys.command()
def create(
    *,
    customer: Annotated[str, typer.Option(help="Who the key is for; shown in logs, spans and costs.")],
    role: Annotated[str, typer.Option(help="customer or admin.")] = "customer",
    tier: Annotated[str, typer.Option(help="standard or premium.")] = "standard",
    expires: Annotated[
        str | None, typer.Option(help="After how long it ends: 12h, 30d, 8w, or a date such as 2030-12-31.")
    ] = None,
) -> None:
    """Make a key and print it. It is not stored and cannot be shown again."""
    from app.keys.key import TIERS  # noqa: PLC0415
    from app.keys.schemas import NewKey  # noqa: PLC0415
    from app.keys.scopes import ROLES  # noqa: PLC0415
    from app.keys.store import create_key  # noqa: PLC0415

    _one_of("--role", role, ROLES)
    _one_of("--tier", tier, TIERS)
    lifetime = None if expires is None else _lifetime(expires, datetime.now(UTC))
    with _said():
        new = NewKey.model_validate({"customer": customer, "role": role, "tier": tier})
        key, secret = create_key(_settings(), new.customer, role=new.role, tier=new.tier, lifetime=lifetime)
    until = f", until {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else ""
    err.print(f"A {key.tier} key of {escape(key.customer)} with the role {key.role}{until}. It is shown this once:")
    out.print(secret.text, markup=False)


@keys.command("list")
def list_() -> None:
    """List all keys, newest first, without their secrets."""
    from app.keys.store import list_keys  # noqa: PLC0415

    with _said():
        every = list_keys(_settings())
    rows = [["key", "customer", "role", "tier", "status", "created", "last used", "expires"]]
    now = datetime.now(UTC)
    for key in every:
        times = (key.created_at, key.last_used_at, key.expires_at)
        shown = [f"{moment:%Y-%m-%d %H:%M}" if moment else "-" for moment in times]
        rows.append([f"pv_{key.prefix}", escape(key.customer), key.role, key.tier, key.status(now), *shown])
    columns(rows)


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Id of the key, or its beginning as `keys list` shows it.")],
) -> None:
    """Revoke a key; it stops working within two seconds."""
    from app.keys.store import revoke_key  # noqa: PLC0415

    with _said():
        revoked = revoke_key(_settings(), key.removeprefix("pv_"))
    if revoked is None:
        fail(f"no key has the id or beginning {key!r}; ./plainview keys list shows them all")
    err.print(f"Revoked pv_{revoked.prefix} of {escape(revoked.customer)}.")


def _settings() -> Any:
    from app.settings import Settings  # noqa: PLC0415

    home = Home.default()
    state = running(home)
    not_of_an_app(state)
    settings = Settings.read(home=home.root)
    if state is not None and state.demo:  # whose database is its own, whatever is set
        return settings.model_copy(update={"data_dir": keeping(home, demo=True).data, "database_url": None})
    return settings


@contextmanager
def _said() -> Iterator[None]:
    """Turn what the service's database and settings complain of into one message."""
    from pydantic import ValidationError  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from app.database.schema import WrongSchemaError  # noqa: PLC0415
    from telemetry.process_settings import SettingsInvalid  # noqa: PLC0415

    try:
        yield
    except SettingsInvalid as error:
        fail(error, code=2)
    except ValidationError as error:  # of the key that is asked for
        fail("; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors()), code=2)
    except (WrongSchemaError, SQLAlchemyError) as error:
        fail(f"{str(error).splitlines()[0]} (./plainview up makes and migrates the database)")


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        fail(f"{option} {value!r}: choose one of {', '.join(allowed)}", code=2)


def _lifetime(text: str, now: datetime) -> timedelta:
    if found := re.fullmatch(r"(\d{1,5})([hdw])", text):
        lifetime = timedelta(**{UNITS[found.group(2)]: int(found.group(1))})
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            fail(f"--expires {text!r}: give a time such as 12h, 30d or 8w, or a date such as 2030-12-31", code=2)
        lifetime = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    if lifetime <= timedelta(0):
        fail(f"--expires {text!r} is not in the future", code=2)
    return lifetime
