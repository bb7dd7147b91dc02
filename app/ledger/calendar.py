"""Calendar days and months of a time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

Period = Literal["day", "month"]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)


@dataclass(frozen=True, slots=True)
class Span:
    """One calendar day or month, from `start` to the moment before `until`; both in UTC, where differences are true."""

    start: datetime
    until: datetime

    def share(self, moment: datetime) -> float:
        """Return how much of it has passed at `moment`, 0 to 1."""
        return min(1.0, max(0.0, (moment - self.start) / (self.until - self.start)))

    def since(self, moment: datetime | None) -> Span:
        """Return the part of it from `moment` on; all of it where that lies outside of it, or is None."""
        return self if moment is None or not self.start < moment < self.until else Span(moment, self.until)


def span(moment: datetime, zone: ZoneInfo, period: Period) -> Span:
    """Return the day or month of `zone` that `moment` lies in; a day has 23 or 25 hours where clocks change."""
    # fold=0: where midnight comes twice the day begins with the first; where it is skipped, when clocks are moved.
    first = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period == "day":
        until = first + timedelta(days=1)
    else:
        first = first.replace(day=1)
        until = (first + timedelta(days=32)).replace(day=1)
    return Span(first.astimezone(UTC), until.astimezone(UTC))


def starts(moment: datetime, zone: ZoneInfo) -> dict[Period, datetime]:
    """Return when the day and the month of `moment` began."""
    return {period: span(moment, zone, period).start for period in PERIODS}
