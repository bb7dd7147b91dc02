"""What a period will have cost at its end.

Days before anything was spent say nothing of those to come: the first month of a service or a customer is counted from
its first job on, as is its first day.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from app.ledger.calendar import Span

#: Share of the time before which a forecast says little: 2.4 hours of a day, three days of a month.
MIN_SHARE: Final = 0.1


def forecast(nanousd: int, span: Span, moment: datetime, first: datetime | None = None) -> int | None:
    """Return what will be spent if spending goes on as it did, never less than was.

    Args:
        nanousd: spent since `span` began.
        span: the period.
        moment: now.
        first: when the first second was booked, of all times; None where none was.

    Returns:
        None before `MIN_SHARE` of the time has passed that is counted: from `first` on, or the whole period.
    """
    share = span.since(first).share(moment)
    return None if share < MIN_SHARE else max(nanousd, round(nanousd / share))
