"""What a budget is, and which one counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from app.jobs.job import nanousd
from app.ledger.calendar import PERIODS, Period
from app.settings import Settings

Scope = Literal["service", "default", "customer"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

#: Scope, customer (empty unless the scope is `customer`) and period: a budget's name.
Name = tuple[Scope, str, Period]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a calendar day or month may cost, in nano-dollars.

    Attributes:
        scope: `service` for all customers together, `customer` for one, `default` for each that has none of its own.
        customer: whose it is, empty unless the scope is `customer`.
        soft: alerts tell when it is nearly spent, spent or will be; no job is refused. None for no such amount.
        hard: jobs that would go beyond it are refused. None for no such amount.
        changed_at, changed_by: of the last change; None where the amounts are those of a setting.
    """

    scope: Scope
    customer: str
    period: Period
    soft: int | None
    hard: int | None
    changed_at: datetime | None = None
    changed_by: str | None = None

    @property
    def name(self) -> Name:
        """What tells it from others."""
        return self.scope, self.customer, self.period

    @property
    def limit(self) -> int | None:
        """What alerts and forecasts are held against: the soft amount, else the hard one."""
        return self.soft if self.soft is not None else self.hard


def of_settings(settings: Settings) -> tuple[Budget, ...]:
    """Return the budgets that count where no other was set."""
    service = {"day": settings.budget_day_usd, "month": settings.budget_month_usd}
    customers = {"day": settings.customer_budget_day_usd, "month": settings.customer_budget_month_usd}
    found = []
    for period in PERIODS:
        if (soft := service[period]) is not None:
            found.append(Budget("service", "", period, nanousd(soft), None))
        if (hard := customers[period]) is not None:
            found.append(Budget("default", "", period, None, nanousd(hard)))
    return tuple(found)


class Budgets:
    """Budgets by name: those that were set, before those of the settings."""

    def __init__(self, of_settings: Iterable[Budget], was_set: Iterable[Budget]) -> None:
        self._by_name: Mapping[Name, Budget] = {budget.name: budget for budget in (*of_settings, *was_set)}

    def service(self, period: Period) -> Budget | None:
        """Return the service's budget."""
        return self._by_name.get(("service", "", period))

    def default(self, period: Period) -> Budget | None:
        """Return the budget of each customer that has none of its own."""
        return self._by_name.get(("default", "", period))

    def of(self, customer: str, period: Period) -> Budget | None:
        """Return the budget that counts for a customer."""
        return self._by_name.get(("customer", customer, period)) or self.default(period)

    def in_place_of(self, name: Name) -> Budget:
        """Return what counts where no budget of this name was set; without amounts where nothing does."""
        _, customer, period = name
        found = self.of(customer, period) if customer else self._by_name.get(name)
        return found or Budget(*name, None, None)

    def customers(self) -> list[str]:
        """Return the customers that have a budget of their own."""
        return sorted({budget.customer for budget in self._by_name.values() if budget.scope == "customer"})

    def for_job_of(self, customer: str) -> list[Budget]:
        """Return the budgets that a job of `customer` is paid from."""
        found = [of for period in PERIODS for of in (self.of(customer, period), self.service(period))]
        return [budget for budget in found if budget is not None]
