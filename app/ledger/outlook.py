"""What the present day and month have cost, and where that leads."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from app.budgets import spending
from app.budgets.forecast import forecast
from app.database.times import now
from app.ledger.calendar import PERIODS, Period, Span, span


@dataclass(frozen=True, slots=True)
class Outlook:
    """One calendar period; amounts in nano-dollars, of the time whose price is known.

    Attributes:
        spent: so far.
        forecast: at its end if it goes on like this; None early in it.
    """

    period: Period
    span: Span
    spent: int
    forecast: int | None


def outlook(connection: Connection, zone: ZoneInfo, customer: str | None) -> list[Outlook]:
    """Return the present day and month, of one customer's jobs or of all."""
    moment = now(connection)
    first = spending.first(connection, customer)
    found = []
    for period in PERIODS:
        present = span(moment, zone, period)
        spent = spending.spent(connection, present, customer).nanousd
        found.append(Outlook(period, present, spent, forecast(spent, present, moment, first)))
    return found
