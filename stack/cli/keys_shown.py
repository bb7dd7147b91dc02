"""Keys as `keys` shows them, and the line that it leaves in the log about what it did."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from json import dumps
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stack.cli.budgets_shown import amounts
from stack.cli.output import columns, err, escape, money, out
from stack.paths import Home

if TYPE_CHECKING:
    from app.budgets.standing import Standing
    from app.keys.key import Key
    from app.keys.schemas import KeyChanges, NewKey

STYLES = {"active": "green", "expired": "yellow", "revoked": "red"}


def new_key(given: Mapping[str, Any]) -> "NewKey":
    """Return what is asked for, checked as the service checks it."""
    from app.keys.schemas import NewKey  # noqa: PLC0415

    return NewKey.model_validate(given)


def changes(given: Mapping[str, Any]) -> "KeyChanges":
    """Return the changes that are asked for, checked as the service checks them."""
    from app.keys.schemas import KeyChanges  # noqa: PLC0415

    return KeyChanges.model_validate(given)


def differences(before: "Key", after: "Key") -> dict[str, str]:
    """Return what changed between the two."""
    from app.keys.changes import differences as told  # noqa: PLC0415

    return told(before, after)


def reason(text: str | None) -> str | None:
    """Return a reason, checked as the service checks it."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    from app.keys.schemas import Reason  # noqa: PLC0415

    return TypeAdapter(Reason | None).validate_python(text)


def several(found: "Sequence[Key]", *, as_json: bool) -> None:
    """Print keys, a line each."""
    if as_json:
        out.print(dumps([_plain(key) for key in found], indent=2), markup=False)
        return
    if not found:
        err.print("No keys.")
        return
    rows = [["key", "customer", "name", "role", "tier", "limit", "status", "created", "last used", "expires"]]
    for key in found:
        facts = [escape(text) for text in (key.customer, key.name or "-", key.role, key.tier, key.rate_limit or "-")]
        times = [_time(moment) for moment in (key.created_at, key.last_used_at, key.expires_at)]
        rows.append([key.label, *facts, _status(key), *times])
    columns(rows)


def one(key: "Key", *, as_json: bool, standings: "Sequence[Standing] | None" = None) -> None:
    """Print all that is known about a key, without its secret; with `standings` what its customer may spend, too."""
    if as_json:
        json(key, **({} if standings is None else {"budgets": [_budget(each) for each in standings]}))
        return
    ended = (
        f"{_time(key.revoked_at)} by {key.revoked_by or '-'}{f': {key.revoked_reason}' if key.revoked_reason else ''}"
    )
    facts = {
        "key": key.label,
        "id": key.id,
        "customer": escape(key.customer),
        "name": escape(key.name or "-"),
        "role": key.role,
        "tier": key.tier,
        "scopes": ", ".join(sorted(key.allowed)) + ("" if key.scopes is not None else "  [dim](its role's)[/]"),
        "limit": escape(key.rate_limit) if key.rate_limit else "-  [dim](its tier's)[/]",
        "status": _status(key),
        "origin": key.origin,
        "created": _time(key.created_at),
        "last used": _time(key.last_used_at),
        "expires": _time(key.expires_at),
        "revoked": escape(ended) if key.revoked_at else "-",
        "replaced by": key.replaced_by or "-",
    }
    for each in standings or ():
        budget = _budget(each)
        facts[f"budget, {budget['period']}"] = (
            f"{amounts(budget)}, {money(budget['spent_usd'])} spent  [dim](its customer's)[/]"
        )
    columns([[f"[bold]{name}[/]", value] for name, value in facts.items()])


def json(key: "Key", /, **more: Any) -> None:
    """Print a key as the service shows it, with its secret where `more` has it."""
    known = {name: value if isinstance(value, str | list) else _plain(value) for name, value in more.items()}
    out.print(dumps(_plain(key) | known, indent=2), markup=False)


def note(event: str, key: "Key", **facts: Any) -> None:
    """Leave a line about what was done where the service's parts leave theirs; `report` and `logs` find it there."""
    line = {
        "timestamp": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "level": "info",
        "event": event,
        "logger": "stack.cli.keys",
        "service": "plainview-cli",
        "key": key.label,
        "key_customer": key.customer,
        **facts,
    }
    folder = Home.default().logs
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / "keys.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(file, "a", encoding="utf-8") as stream:
            stream.write(f"{dumps(line)}\n")
    except OSError as error:
        err.print(f"[yellow]No line about this could be left in {folder}/keys.log: {error.strerror}[/]")


def _plain(key: "Key") -> dict[str, Any]:
    from app.keys.schemas import view  # noqa: PLC0415

    return view(key).model_dump(mode="json")


def _budget(standing: "Standing") -> dict[str, Any]:
    from app.budgets.schemas import view  # noqa: PLC0415

    return view(standing, ZoneInfo("UTC")).model_dump(mode="json")


def _status(key: "Key") -> str:
    status = key.status(datetime.now(UTC))
    return f"[{STYLES[status]}]{status}[/]"


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"
