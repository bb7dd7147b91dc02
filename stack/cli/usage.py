"""`usage`: who used devices for how long, and what that cost."""

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import typer

from stack.cli import compose, service
from stack.cli.energy import ENERGY, energy_columns, say_of_energy
from stack.cli.output import columns, cost, escape, fail, held, money, out

#: Whose time it was that no job had: the device was idle, starting or draining.
_NOBODY: Final = "(no job)"
_BAR: Final = 24
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_FORMS: Final = {"hour": "%Y-%m-%d %H:%M", "day": "%a %Y-%m-%d", "month": "%B %Y"}

_WHEN: Final = {"day": "today", "month": "this month"}
By = StrEnum(
    "By", ["kind", "customer", "key_id", "tier", "operation", "model", "device", "device_name"]
)  # no list of Literals here


def usage(  # noqa: PLR0913 - options are arguments
    *,
    since: Annotated[
        str | None, typer.Option(help="First day, as 2026-11-01, or moment; that of the month unless given.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Last day, or moment after the last; now unless given.")] = None,
    per: Annotated[
        Literal["hour", "day", "month"] | None, typer.Option(help="A row for each hour, day or month.")
    ] = None,
    by: Annotated[list[By] | None, typer.Option(help="What tells rows apart; may be given more than once.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only this customer.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Show device time and cost by customer, key, tier, operation, model, kind or device, exactly, from the ledger."""
    compose.instead()
    if as_json and as_csv:
        fail("--json and --csv exclude each other", code=2)
    groups: Sequence[str] = by or ([] if per else ["customer"])
    asked: dict[str, Any] = {
        "since": _moment("--since", since),
        "until": _moment("--until", until, after=True),
        "per": per,
        "by": list(groups) or ["none"],
        "customer": customer,
    }
    if as_csv or as_json:
        sys.stdout.write(
            service.answer("/usage", **asked, format="csv" if as_csv else "json").text.rstrip("\r\n") + "\n"
        )
        return
    found = service.get("/usage", **asked)
    _show(found, per, groups)


def _moment(option: str, text: str | None, *, after: bool = False) -> str | None:
    """Return a moment with its offset; a day is its beginning, and the last day of several is its end."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-01"):
            moment = datetime.combine(date.fromisoformat(text) + timedelta(days=after), datetime.min.time())
        else:
            moment = datetime.fromisoformat(text)
        # As rows and budgets go: by the days of the service, wherever the command is given.
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=_zone())
        return zoned.isoformat()
    except (ValueError, OverflowError):
        fail(f"{option} {text!r} is no day and no moment: write it as 2026-11-22 or 2026-11-22T12:00:00+01:00", code=2)


def _zone() -> ZoneInfo:
    return ZoneInfo(service.get("/budgets/me")["time_zone"])


def _show(found: Mapping[str, Any], per: str | None, groups: Sequence[str]) -> None:
    first, last = (datetime.fromisoformat(found[name]) for name in ("since", "until"))
    out.print(f"[bold]Usage[/] from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} ({escape(found['time_zone'])})\n")
    # By cost where there is no time to go by.
    rows = found["rows"] if per else sorted(found["rows"], key=lambda row: -row["cost_usd"])
    if not rows:
        out.print("  No device was held in this time.")
        return
    most = max(row["cost_usd"] for row in rows)
    of_energy = energy_columns(rows)
    header = [
        *([per] if per else []),
        *(name.replace("_", " ") for name in groups),
        *("jobs", "time", *of_energy, "cost", ""),
    ]
    body = [
        [
            *([datetime.fromisoformat(row["start"]).strftime(_FORMS[per])] if per else []),
            *(escape(str(row.get(name) or _NOBODY)) for name in groups),
            f"{row['jobs']:,}",
            held(row["gpu_seconds"]),
            *(show(row) for show in of_energy.values()),
            cost(row["cost_usd"], row["unpriced_gpu_seconds"]),
            f"[cyan]{_bar(row['cost_usd'] / most if most else 0.0)}[/]",
        ]
        for row in rows
    ]
    total = _total(rows)
    names = len(header) - 4 - len(of_energy)
    label = ["[bold]all[/]", *[""] * (names - 1)] if names else []
    # A job that was run in two of the rows is in both: of jobs there is no sum.
    totals = [show(total) for show in of_energy.values()]
    spent = cost(total["cost_usd"], total["unpriced_gpu_seconds"])
    body.append([*label, "", held(total["gpu_seconds"]), *totals, spent, ""])
    columns([[f"[dim]{cell}[/]" for cell in header], *body], right=frozenset(range(names, len(header) - 1)))
    if total["unpriced_gpu_seconds"]:
        out.print(
            f"\n  The price of {held(total['unpriced_gpu_seconds'])} is not known; its cost is not in these sums."
        )
    say_of_energy(total)
    _say_where_it_leads(found)


def _total(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of the rows; what no row knows is None."""
    total: dict[str, Any] = {}
    for name in ("jobs", "gpu_seconds", "cost_usd", "unpriced_gpu_seconds", *ENERGY, "joules_estimated"):
        known = [row[name] for row in rows if row.get(name) is not None]
        total[name] = sum(known) if known else None
    return total


def _say_where_it_leads(found: Mapping[str, Any]) -> None:
    ahead = {each["period"]: each["forecast_usd"] for each in found.get("forecast", ()) if each["forecast_usd"]}
    said = [f"{money(ahead[period])} {when}" for period, when in _WHEN.items() if period in ahead]
    if said:
        out.print(f"\n  If it goes on like this, jobs will cost {' and '.join(said)}.")


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    return _EIGHTHS[-1] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
