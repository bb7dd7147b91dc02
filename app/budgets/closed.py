"""What was spent in quarter hours that are over is summed once in each quarter hour, not for every job.

A month of a busy service has hundreds of thousands of rows, and the gate is asked while others wait for its lock.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from app.budgets import spending
from app.budgets.spending import Spent
from app.ledger.calendar import Span
from app.ledger.entry import QUARTER, quarter

#: Quarter hours that are always summed anew: rows are written within a second, later while the database was away. What is
#: later still is seen with the next quarter hour.
_OPEN: Final = 4
_MOST: Final = 10_000


class ClosedQuarters:
    """Lives as long as the service; for one thread."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str | None, datetime], tuple[int, int]] = {}

    def spent(self, connection: Connection, span: Span, customer: str | None, moment: datetime) -> Spent:
        """Return what `spending.spent` does."""
        number = max(quarter(span.start), quarter(moment) - _OPEN)
        border = datetime.fromtimestamp(number * QUARTER.total_seconds(), UTC)
        recent = spending.spent(connection, Span(border, span.until), customer)
        known = self._sums.get((customer, span.start))
        if known is not None and known[0] == number:
            return Spent(known[1] + recent.nanousd, recent.unpriced_nanoseconds)
        before = spending.spent(connection, Span(span.start, border), customer)
        if not before.unpriced_nanoseconds:  # which may get a price
            if len(self._sums) >= _MOST:
                self._sums.clear()
            self._sums[customer, span.start] = number, before.nanousd
        return Spent(before.nanousd + recent.nanousd, before.unpriced_nanoseconds + recent.unpriced_nanoseconds)
