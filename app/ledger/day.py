"""The summary of a calendar day, as the ledger and the jobs have it when the day is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.database.tables import day_summary, job, ledger
from app.jobs.job import FINAL
from app.ledger.calendar import Span, span
from app.ledger.energy import Tariff
from app.ledger.entry import quarter
from app.ledger.spending import Spending, spent, top

#: A worker's last rows of a day come within seconds of its end; clocks of several hosts are not the same.
SETTLED_AFTER: Final = timedelta(minutes=1)
_MOST_CUSTOMERS: Final = 5


def last_day(moment: datetime, zone: ZoneInfo) -> Span:
    """Return the last day of `zone` that is over, and has been for long enough that its rows are written."""
    today = span(moment - SETTLED_AFTER, zone, "day")
    return span(today.start - timedelta(minutes=1), zone, "day")


def name_of(day: Span, zone: ZoneInfo) -> str:
    """Return the date."""
    return day.start.astimezone(zone).date().isoformat()


def claim(connection: Connection, day: Span, zone: ZoneInfo, moment: datetime) -> bool:
    """Return whether the caller is to tell of this day: nobody did yet, and there is something to tell."""
    before = exists().where(ledger.c.quarter < quarter(day.until))
    if not connection.scalar(select(before)):
        return False
    insert = postgresql.insert(day_summary) if connection.dialect.name == "postgresql" else sqlite.insert(day_summary)
    row = insert.values(day=name_of(day, zone), time_zone=zone.key, written_at=moment)
    # What was inserted comes back; the count of rows does not, from every driver.
    return connection.scalar(row.on_conflict_do_nothing().returning(day_summary.c.day)) is not None


def summary(connection: Connection, day: Span, zone: ZoneInfo, tariff: Tariff, budget: int | None) -> dict[str, Any]:
    """Return what the line says; `budget` is the service's of a day, in nano-dollars."""
    found = spent(connection, day.start, day.until)
    return {
        "date": name_of(day, zone),
        "time_zone": zone.key,
        "jobs": _outcomes(connection, day),
        "device_seconds": round(sum(found.seconds.values()), 3),
        "unpriced_device_seconds": round(found.unpriced_seconds, 3),
        "cost_usd": _usd(found.of_jobs),
        "paid_usd": _usd(found.paid),
        "paid_usd_by_kind": {kind: _usd(amount) for kind, amount in sorted(found.kinds.items())},
        "top_customers": [
            {"customer": customer, "cost_usd": _usd(amount)}
            for customer, amount in top(found.customers, _MOST_CUSTOMERS).items()
        ],
        "budget_usd": None if budget is None else budget / 1e9,
        "budget_used_ratio": round(found.of_jobs * 1e9 / budget, 4) if budget else None,
        **_energy(found, tariff),
    }


def _outcomes(connection: Connection, day: Span) -> Mapping[str, int]:
    ended = (job.c.finished_at >= day.start) & (job.c.finished_at < day.until)
    counted = connection.execute(select(job.c.state, func.count()).where(ended).group_by(job.c.state)).all()
    return {str(state): 0 for state in sorted(FINAL)} | {state: int(jobs) for state, jobs in counted}


def _energy(found: Spending, tariff: Tariff) -> dict[str, float | None]:
    joules = sum(found.joules.values()) if found.joules else None
    figures = tariff.figures(joules)
    return {
        "joules": None if joules is None else round(joules, 3),
        "joules_estimated": None if joules is None else round(found.joules.get("power", 0.0), 3),
        **{name: None if value is None else round(value, 6) for name, value in figures.items()},
    }


def _usd(amount: float) -> float:
    return round(amount, 6)
