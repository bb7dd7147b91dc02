"""What a period will have cost at its end."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from app.ledger.calendar import Span

#: Share of the period before which a forecast says little: 2.4 hours of a day, three days of a month.
MIN_SHARE: Final = 0.1


def forecast(nanousd: int, span: Span, moment: datetime) -> int | None:
    """Return what will be spent if spending goes on as it did, never less than was; None before `MIN_SHARE` has passed."""
    share = span.share(moment)
    return None if share < MIN_SHARE else max(nanousd, round(nanousd / share))
