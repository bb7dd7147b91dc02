"""How a budget stands: spent, reserved, left, and what the period will have cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from app.budgets import rows, spending
from app.budgets.budget import Budget, Budgets
from app.budgets.forecast import forecast
from app.budgets.spending import Reserved, Spent
from app.database.times import now
from app.ledger.calendar import PERIODS, Period, Span, span


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget and its amounts, in nano-dollars.

    Attributes:
        budget: what is allowed.
        customer: whose spending it is, None for all.
        span: the present day or month.
        spent: of jobs, in this period.
        reserved: by jobs that wait or run.
        forecast: spent at the end of the period if spending goes on as it did; None early in it.
    """

    budget: Budget
    customer: str | None
    span: Span
    spent: Spent
    reserved: Reserved
    forecast: int | None

    @property
    def left(self) -> int | None:
        """What may still be spent, None without an amount."""
        most = self.budget.hard if self.budget.hard is not None else self.budget.soft
        return None if most is None else max(0, most - self.spent.nanousd - self.reserved.nanousd)

    @property
    def used_ratio(self) -> float | None:
        """Spent as a share of the limit; None without one, and of a budget of nothing."""
        return _ratio(self.spent.nanousd, self.budget.limit)

    @property
    def forecast_ratio(self) -> float | None:
        """The forecast as a share of the limit."""
        return None if self.forecast is None else _ratio(self.forecast, self.budget.limit)


def _ratio(amount: int, limit: int | None) -> float | None:
    return amount / limit if limit else None


@dataclass(frozen=True, slots=True)
class Overview:
    """One look at all spending.

    Attributes:
        budgets: those that count now.
        spans: the present day and month.
        moment: when it was looked at.
        spent: by period and customer.
        first: when the first second of a job was booked, None before there was one.
        first_of: the same by customer.
        reserved: by customer.
    """

    budgets: Budgets
    spans: dict[Period, Span]
    moment: datetime
    spent: dict[Period, dict[str, Spent]]
    first: datetime | None
    first_of: dict[str, datetime]
    reserved: dict[str, Reserved]

    def service(self, period: Period) -> Standing | None:
        """Return how the service's budget stands."""
        budget = self.budgets.service(period)
        return None if budget is None else self._standing(budget, None, period)

    def customers(self) -> Iterator[Standing]:
        """Yield the standing of every customer that has a budget of its own, or has spent or reserved anything."""
        known = {*self.budgets.customers(), *self.reserved, *(name for spent in self.spent.values() for name in spent)}
        for customer in sorted(known):
            yield from self.customer(customer)

    def customer(self, customer: str) -> Iterator[Standing]:
        """Yield how the budgets of one customer stand."""
        for period in PERIODS:
            budget = self.budgets.of(customer, period)
            if budget is not None:
                yield self._standing(budget, customer, period)

    def total(self, period: Period) -> Spent:
        """Return what all spent."""
        spent = self.spent[period].values()
        return Spent(sum(one.nanousd for one in spent), sum(one.unpriced_nanoseconds for one in spent))

    def total_reserved(self) -> Reserved:
        """Return what all have reserved."""
        every = self.reserved.values()
        return Reserved(sum(one.nanousd for one in every), sum(one.unquoted for one in every))

    def forecast(self, period: Period) -> int | None:
        """Return what the period will have cost at its end."""
        return self._forecast(self.total(period), None, period)

    def _standing(self, budget: Budget, customer: str | None, period: Period) -> Standing:
        spent = self.total(period) if customer is None else self.spent[period].get(customer, Spent())
        reserved = self.total_reserved() if customer is None else self.reserved.get(customer, Reserved())
        ahead = self._forecast(spent, customer, period)
        return Standing(budget, customer, self.spans[period], spent, reserved, ahead)

    def _forecast(self, spent: Spent, customer: str | None, period: Period) -> int | None:
        first = self.first if customer is None else self.first_of.get(customer)
        return forecast(spent.nanousd, self.spans[period], self.moment, first)


def overview(connection: Connection, of_settings: tuple[Budget, ...], zone: ZoneInfo) -> Overview:
    """Look at all budgets and all spending."""
    moment = now(connection)
    spans = {period: span(moment, zone, period) for period in PERIODS}
    return Overview(
        budgets=Budgets(of_settings, rows.every(connection)),
        spans=spans,
        moment=moment,
        spent={period: spending.spent_by_customer(connection, spans[period]) for period in PERIODS},
        first=spending.first(connection),
        first_of=spending.first_by_customer(connection, spans["month"]),
        reserved=spending.reserved_by_customer(connection),
    )


def of_customer(
    connection: Connection, of_settings: tuple[Budget, ...], zone: ZoneInfo, customer: str
) -> list[Standing]:
    """Return how the budgets of one customer stand, without a look at the others."""
    moment = now(connection)
    budgets = Budgets(of_settings, rows.for_customer(connection, customer))
    reserved = spending.reserved(connection, customer)
    first = spending.first(connection, customer)
    found = []
    for period in PERIODS:
        budget = budgets.of(customer, period)
        if budget is not None:
            present = span(moment, zone, period)
            spent = spending.spent(connection, present, customer)
            ahead = forecast(spent.nanousd, present, moment, first)
            found.append(Standing(budget, customer, present, spent, reserved, ahead))
    return found
