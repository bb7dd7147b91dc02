"""How budgets look in a terminal."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from stack.cli.output import columns, cost, duration, escape, held, money, out

_BAR: Final = 20
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
#: Share of what alerts are held against from which a bar is yellow.
_NEAR: Final = 0.8
_HEADER: Final = ("budget of", "", "soft", "hard", "spent", "reserved", "left", "", "used", "forecast")
_RIGHT: Final = frozenset({2, 3, 4, 5, 6, 8, 9})


def show(found: Mapping[str, Any]) -> None:
    """Print budgets with a bar each."""
    rows: Sequence[Mapping[str, Any]] = found["budgets"]
    if not rows:
        out.print("No budget counts here. [bold]./plainview budgets set day --hard 10[/] sets one for the service.")
        return
    out.print(f"[bold]Budgets[/] ({escape(found['time_zone'])}; {_ends(rows)})\n")
    columns([[f"[dim]{cell}[/]" for cell in _HEADER], *_body(rows)], right=_RIGHT)
    out.print(
        "\n  [dim]█ spent  ░ reserved by jobs that wait or run. Beyond hard, jobs are refused; of soft, alerts tell.[/]"
    )
    for row in rows:
        if row["unpriced_gpu_seconds"]:
            closed = " No job is accepted." if _is_closed(row) else ""
            out.print(
                f"  [yellow]What {held(row['unpriced_gpu_seconds'])} of {_whose(row)} this {row['period']} cost is not known.{closed}[/]"
            )
    if any(row["unpriced_gpu_seconds"] for row in rows):
        out.print("  [bold]./plainview budgets price CARD USD_PER_SECOND[/] prices what was booked without a price.")


def amounts(budget: Mapping[str, Any]) -> str:
    """Return the amounts of a budget in words."""
    told = [
        f"{word} {money(budget[name])}"
        for name, word in (("soft_usd", "alerts tell of"), ("hard_usd", "jobs are refused beyond"))
        if budget[name] is not None
    ]
    return ", ".join(told) or "unlimited"


def _ends(rows: Sequence[Mapping[str, Any]]) -> str:
    ends = {row["period"]: datetime.fromisoformat(row["resets_at"]) for row in rows}
    now = datetime.now(UTC)
    return ", ".join(
        f"{period} ends in {duration(max(0.0, (ends[period] - now).total_seconds()))}"
        for period in ("day", "month")
        if period in ends
    )


def _body(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    shown: list[list[str]] = []
    for row in rows:
        name = _whose(row)
        shown.append(
            [
                f"{name}{' [dim](default)[/]' if row['source'] == 'default' else ''}",
                row["period"],
                _amount(row["soft_usd"]),
                _amount(row["hard_usd"]),
                cost(row["spent_usd"], row["unpriced_gpu_seconds"]),
                _amount(row["reserved_usd"] or None),
                _amount(None if _is_closed(row) else row["left_usd"]),
                *_used(row),
                _forecast(row),
            ]
        )
    return shown


def _whose(row: Mapping[str, Any]) -> str:
    return "[bold]the service[/]" if row["customer"] is None else escape(row["customer"])


def _amount(usd: float | None) -> str:
    return "[dim]-[/]" if usd is None else money(usd)


def _is_closed(row: Mapping[str, Any]) -> bool:
    """Say whether jobs are refused because nobody knows what is left."""
    return row["hard_usd"] is not None and row["unpriced_gpu_seconds"] > 0


def _used(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return a bar up to the hard amount, else to the soft one, and the share of it that is spent."""
    limit = row["hard_usd"] if row["hard_usd"] is not None else row["soft_usd"]
    if limit is None:
        return "", "[dim]-[/]"
    spent, taken = row["spent_usd"], row["spent_usd"] + row["reserved_usd"]
    over = taken >= limit if row["hard_usd"] is not None else spent >= limit
    near = spent >= _NEAR * (_told_of(row) or 0.0)
    colour = "red" if over else "yellow" if near else "cyan"
    share = spent / limit if limit else 1.0
    return _bar(share, row["reserved_usd"] / limit if limit else 0.0, colour), f"[{colour}]{share:.0%}[/]"


def _bar(spent: float, reserved: float, colour: str) -> str:
    eighths = min(_BAR * 8, round(spent * _BAR * 8))
    solid = _EIGHTHS[-1] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    waiting = min(_BAR - len(solid), round(reserved * _BAR) or (1 if reserved else 0))
    rest = _BAR - len(solid) - waiting
    return f"[{colour}]{solid}{'░' * waiting}[/][dim]{'·' * rest}[/]"


def _forecast(row: Mapping[str, Any]) -> str:
    forecast, limit = row["forecast_usd"], _told_of(row)
    if forecast is None:
        return "[dim]too early[/]"
    return f"[yellow]{money(forecast)}[/]" if limit is not None and forecast > limit else money(forecast)


def _told_of(row: Mapping[str, Any]) -> float | None:
    """Return what alerts are held against: the soft amount, else the hard one."""
    limit: float | None = row["soft_usd"] if row["soft_usd"] is not None else row["hard_usd"]
    return limit
