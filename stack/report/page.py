"""The report on a terminal, and as JSON for programs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

from stack.cli.output import columns, cost, energy, escape, held, money, out
from stack.report.day import Customer, Day, Jobs, Route, Trouble

_QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_WHOLE_MILLISECONDS: Final = 0.01
_STYLES: Final = {"warning": "yellow", "error": "red", "critical": "bold red"}


def write(day: Day, rows: int) -> None:
    """Print the report, `rows` rows of each table at most."""
    name = "All lines" if day.window.day is None else f"{day.window.day:%A %d %B %Y}"
    unreadable = f", {day.unreadable:,} not in this project's form" if day.unreadable else ""
    out.print(f"[bold]{name}[/] ({day.window.zone.key}): {day.lines:,} lines{unreadable}\n")
    if not day.lines:
        out.print("Nothing was logged then.\n" if day.ledger else "Nothing was logged then.")
        _ledger(day)
        return
    _requests(day)
    _table("Routes, the slowest first", _routes(day, rows), len(day.routes), {1, 2, 3, 4, 5, 6})
    _table("Customers, by cost and requests", _customers(day, rows), len(day.customers), {1, 2, 3, 4, 5})
    _table("Jobs", _jobs(day), len(day.jobs), {1, 2, 3, 4})
    _devices(day)
    _ledger(day)
    _table("Errors and warnings", _troubles(day, rows), len(day.troubles), {0})


def as_json(day: Day, rows: int) -> dict[str, Any]:
    """Return the report as plain data: seconds, USD, ratios of 0 to 1."""
    return {
        "day": day.window.day and day.window.day.isoformat(),
        "time_zone": day.window.zone.key,
        "lines": day.lines,
        "unreadable_lines": day.unreadable,
        "requests": {
            "count": day.requests,
            "disconnected": day.disconnected,
            "by_status": {str(status): count for status, count in sorted(day.statuses.items())},
        },
        "routes": [{"route": name, **_route(row)} for name, row in islice(day.routes.top(_slowness), rows)],
        "customers": [{"customer": name, **asdict(row)} for name, row in islice(day.customers.top(_spending), rows)],
        "jobs": {name: asdict(row) for name, row in day.jobs.top(lambda row: row.count)},
        "devices": {name: asdict(row) for name, row in day.devices.top(lambda row: row.gpu_seconds)},
        "cost_usd": sum(row.cost_usd for _, row in day.jobs.top(lambda row: row.count)),
        "ledger": None if day.ledger is None else asdict(day.ledger),
        "errors": [{"pattern": name, **asdict(row)} for name, row in islice(day.troubles.top(_frequency), rows)],
    }


def _requests(day: Day) -> None:
    failed = sum(count for status, count in day.statuses.items() if status >= 500)  # noqa: PLR2004
    share = f" ({failed / day.requests:.2%})" if day.requests else ""
    gone = f", {day.disconnected:,} left by the client" if day.disconnected else ""
    out.print(f"[bold]Requests[/]  {day.requests:,}, of which {failed:,} failed{share}{gone}")
    for status, count in sorted(day.statuses.items()):
        out.print(f"  {status} {_phrase(status):<24} {count:>10,}")
    out.print()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # 499: the client went away before an answer
        return "client closed" if status == 499 else ""  # noqa: PLR2004


def _routes(day: Day, rows: int) -> list[Sequence[str]]:
    header = ("route", "requests", "p50", "p95", "p99", "failed", "refused")
    body = [
        (
            escape(name),
            f"{row.durations.count:,}",
            *(_time(row.durations.quantile(share)) for share in _QUANTILES.values()),
            f"[red]{row.failed:,}[/]" if row.failed else "0",
            f"{row.refused:,}",
        )
        for name, row in islice(day.routes.top(_slowness), rows)
    ]
    return [header, *body]


def _customers(day: Day, rows: int) -> list[Sequence[str]]:
    header = ("customer", "requests", "failed", "jobs", "device time", "cost")
    body = [
        (
            escape(name),
            f"{row.requests:,}",
            f"[red]{row.failed:,}[/]" if row.failed else "0",
            f"{row.jobs:,}",
            held(row.gpu_seconds),
            cost(row.cost_usd, row.unpriced_gpu_seconds),
        )
        for name, row in islice(day.customers.top(_spending), rows)
    ]
    return [header, *body]


def _jobs(day: Day) -> list[Sequence[str]]:
    header = ("outcome", "jobs", "device time", "output", "cost")
    found = list(day.jobs.top(lambda row: row.count))
    total = Jobs()
    for _, row in found:
        total.count += row.count
        total.gpu_seconds += row.gpu_seconds
        total.cost_usd += row.cost_usd
        total.unpriced_gpu_seconds += row.unpriced_gpu_seconds
        total.output_seconds += row.output_seconds
    return [header, *(_job(escape(name), row) for name, row in found), _job("[bold]all[/]", total)]


def _job(name: str, row: Jobs) -> Sequence[str]:
    return (
        name,
        f"{row.count:,}",
        held(row.gpu_seconds),
        held(row.output_seconds),
        cost(row.cost_usd, row.unpriced_gpu_seconds),
    )


def _devices(day: Day) -> None:
    """Say on what the time was spent where it was no real GPU: its price is then no bill."""
    stand_ins = [
        (name, row) for name, row in day.devices.top(lambda row: row.gpu_seconds) if name in {"cpu", "simulated"}
    ]
    for name, row in stand_ins:
        out.print(
            f"  {money(row.cost_usd)} of it for {row.count:,} {'job' if row.count == 1 else 'jobs'} on a {name} device, priced as a GPU\n"
        )


def _ledger(day: Day) -> None:
    """Say what the ledger had when the day was over: what jobs cost is above, what was paid is more."""
    found = day.ledger
    if found is None:
        return
    kinds = ", ".join(f"{kind} {money(usd)}" for kind, usd in sorted(found.by_kind.items(), key=lambda each: -each[1]))
    out.print(f"[bold]Paid for devices[/]  {money(found.paid_usd)}: {kinds or 'nothing'}")
    if found.budget_usd is not None:
        out.print(f"  The budget of the day was {money(found.budget_usd)}.")
    if found.unpriced_seconds:
        out.print(f"  [yellow]The price of {held(found.unpriced_seconds)} was not known.[/]")
    if found.joules is not None:
        out.print(f"  Jobs used {energy(found.joules)}.")
    out.print()


def _troubles(day: Day, rows: int) -> list[Sequence[str]]:
    header = ("count", "level", "last", "what", "a trace")
    body = [
        (
            f"{row.count:,}",
            f"[{_STYLES.get(row.level, 'default')}]{row.level}[/]",
            row.last[11:19],
            escape(name),
            row.trace_id or "-",
        )
        for name, row in islice(day.troubles.top(_frequency), rows)
    ]
    return [header, *body]


def _table(title: str, rows: list[Sequence[str]], size: int, right: Iterable[int]) -> None:
    shown = sum(1 for row in rows[1:] if row[0] != "[bold]all[/]")
    more = f"  (the first {shown} of {size})" if shown < size else ""
    out.print(f"[bold]{title}[/]{more}")
    if size:
        columns([[f"[dim]{cell}[/]" for cell in rows[0]], *rows[1:]], right=frozenset(right))
    else:
        out.print("  none")
    out.print()


def _route(row: Route) -> dict[str, Any]:
    quantiles = {f"{name}_seconds": round(row.durations.quantile(share), 6) for name, share in _QUANTILES.items()}
    return {
        "requests": row.durations.count,
        "failed": row.failed,
        "refused": row.refused,
        **quantiles,
        "longest_seconds": row.durations.longest,
    }


def _slowness(row: Route) -> float:
    return row.durations.quantile(0.95)


def _spending(row: Customer) -> float:
    return row.cost_usd + row.requests * 1e-12  # requests decide between equal costs


def _frequency(row: Trouble) -> float:
    return row.count


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= _WHOLE_MILLISECONDS else f"{seconds * 1000:.1f} ms"
