"""Usage: the ledger's sums by who and what, for each hour, day or month of a time zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from app.ledger.calendar import span
from app.ledger.energy import Tariff
from app.ledger.rows import Group, Total, totals

Per = Literal["hour", "day", "month"]
By = Literal["kind", "customer", "key_id", "tier", "operation", "model", "device", "device_name"]

_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)
#: One query is asked for each.
MOST_STRETCHES: Final = 400


class StretchesWrong(ValueError):  # noqa: N818 - says what happened
    """The time asked for cannot be answered; `field`, `value` and `allowed` say which and why."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field}={value} cannot be used: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Row:
    """The usage of one stretch of time and one group."""

    start: datetime
    until: datetime
    total: Total


def read(  # noqa: PLR0913, PLR0917 - one question
    connection: Connection,
    since: datetime,
    until: datetime,
    per: Per | None,
    by: Sequence[By],
    zone: ZoneInfo,
    customer: str | None = None,
) -> list[Row]:
    """Return usage between two moments; a quarter hour that one lies in counts whole. Raises StretchesWrong."""
    groups: Sequence[Group] = by
    return [
        Row(start, end, total)
        for start, end in stretches(since, until, per, zone)
        for total in totals(connection, start, end, groups, customer=customer)
    ]


def stretches(since: datetime, until: datetime, per: Per | None, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Return the calendar hours, days or months of `zone` between two moments, the first and last cut to fit.

    Without `per` there is one. A day has 23 or 25 hours where clocks change.
    """
    for field, moment in (("since", since), ("until", until)):
        if not _FIRST <= moment <= _LAST:
            raise StretchesWrong(field, moment.isoformat(), f"should be in the years {_FIRST.year} to {_LAST.year}")
    if until <= since:
        raise StretchesWrong("until", until.isoformat(), f"should be after {since.isoformat()}")
    found: list[tuple[datetime, datetime]] = []
    # Compared in UTC: two moments of one zone compare by the clock of the wall, which shows an hour twice in autumn.
    start, end = since.astimezone(UTC), until.astimezone(UTC)
    while start < end:
        following = min(end, _next(start, per, zone)) if per else end
        found.append((start.astimezone(zone), following.astimezone(zone)))
        if len(found) > MOST_STRETCHES:
            raise StretchesWrong("per", per, f"should be longer: there are over {MOST_STRETCHES} {per}s in this time")
        start = following
    return found


def _next(moment: datetime, per: Per, zone: ZoneInfo) -> datetime:
    if per != "hour":
        return span(moment, zone, per).until
    # By the clock of the wall, but passing in UTC: the hour that comes twice in autumn is two hours.
    wall = moment.astimezone(zone)
    into = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
    return moment - into + timedelta(hours=1)


def lines(rows: Sequence[Row], by: Sequence[By], tariff: Tariff) -> Iterator[dict[str, object]]:
    """Yield each row as plain data: seconds, USD, joules, grams; None is not known or does not apply."""
    for row in rows:
        total = row.total
        yield {
            "start": row.start.isoformat(),
            "until": row.until.isoformat(),
            **dict(zip(by, total.group, strict=True)),
            **amounts(total.nanoseconds, total.nanousd, total.unpriced_nanoseconds),
            "joules": total.joules,
            "joules_estimated": total.joules_estimated,
            **tariff.figures(total.joules),
            "jobs": total.jobs,
        }


def amounts(nanoseconds: int, nanousd: int, unpriced_nanoseconds: int) -> dict[str, float]:
    """Return the figures as people count them."""
    return {
        "gpu_seconds": nanoseconds / 1e9,
        "cost_usd": nanousd / 1e9,
        "unpriced_gpu_seconds": unpriced_nanoseconds / 1e9,
    }
