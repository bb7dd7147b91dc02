"""Budgets over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.budgets.budget import Budget, Scope
from app.budgets.standing import Standing
from app.ledger.calendar import Period

_USD: Final = 1e9
_MOST_USD: Final = 1_000_000_000

Amount = Annotated[Decimal, Field(ge=0, le=_MOST_USD, decimal_places=9, allow_inf_nan=False)]


class NewBudget(BaseModel):
    """What a calendar day or month may cost; both null for no budget, also where a setting or the default has one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"soft_usd": 8, "hard_usd": 10}]})

    soft_usd: Amount | None = Field(None, description="Alerts tell of it; no job is refused.")
    hard_usd: Amount | None = Field(None, description="Jobs that would go beyond it are refused with 402.")

    @model_validator(mode="after")
    def _said_and_in_order(self) -> NewBudget:
        if not self.model_fields_set:
            raise ValueError("should have soft_usd, hard_usd or both; null takes an amount away")
        if self.soft_usd is not None and self.hard_usd is not None and self.soft_usd > self.hard_usd:
            raise ValueError(f"soft_usd={self.soft_usd} should be at most hard_usd={self.hard_usd}")
        return self


class BudgetView(BaseModel):
    """A budget and how it stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scope": "customer",
                    "customer": "acme",
                    "period": "day",
                    "soft_usd": 8.0,
                    "hard_usd": 10.0,
                    "spent_usd": 6.4,
                    "reserved_usd": 0.12,
                    "left_usd": 3.48,
                    "forecast_usd": 12.8,
                    "unpriced_gpu_seconds": 0.0,
                    "started_at": "2026-11-22T00:00:00+01:00",
                    "resets_at": "2026-11-23T00:00:00+01:00",
                    "source": "set",
                    "changed_at": "2026-11-20T09:30:00Z",
                    "changed_by": "pv_k3x9a2fd (boss)",
                }
            ]
        }
    )

    scope: Scope = Field(description="service for all customers together, customer for one.")
    customer: str | None
    period: Period
    soft_usd: float | None = Field(description="Alerts tell of it; null for no such amount.")
    hard_usd: float | None = Field(description="Jobs beyond it are refused; null for no such amount.")
    spent_usd: float = Field(description="Cost of jobs since the period began, retries and failures included.")
    reserved_usd: float = Field(description="What jobs that wait or run are still expected to cost.")
    left_usd: float | None = Field(description="What is left of the hard amount, else of the soft one.")
    forecast_usd: float | None = Field(
        description="Spent at the end of the period if it goes on like this; null early in it, or soon after the first job of all."
    )
    unpriced_gpu_seconds: float = Field(description="Seconds whose cost is not known; it is in no other figure.")
    started_at: datetime
    resets_at: datetime = Field(description="When the next period begins.")
    source: str = Field(
        description="set for this customer or the service, default for a customer without one of its own, setting."
    )
    changed_at: datetime | None
    changed_by: str | None


class BudgetList(BaseModel):
    """Budgets that count, the service's first, then those that are used most."""

    time_zone: str
    budgets: list[BudgetView]


class BudgetAmounts(BaseModel):
    """The amounts of a budget."""

    soft_usd: float | None
    hard_usd: float | None


class ChangedBudget(BudgetAmounts):
    """What counts after a change, and what was set before; a customer's may be the default."""

    scope: Scope
    customer: str | None
    period: Period
    changed_at: datetime | None
    changed_by: str | None
    before: BudgetAmounts | None = Field(description="What had been set; null when nothing had.")


def listed(standings: Iterable[Standing], zone: ZoneInfo) -> BudgetList:
    """Return standings as answers show them."""
    return BudgetList(time_zone=zone.key, budgets=[view(standing, zone) for standing in standings])


def view(standing: Standing, zone: ZoneInfo) -> BudgetView:
    """Return a standing as answers show it."""
    budget = standing.budget
    was_set = budget.changed_at is not None
    return BudgetView(
        scope="service" if standing.customer is None else "customer",
        customer=standing.customer,
        period=budget.period,
        soft_usd=usd(budget.soft),
        hard_usd=usd(budget.hard),
        spent_usd=standing.spent.nanousd / _USD,
        reserved_usd=standing.reserved.nanousd / _USD,
        left_usd=usd(standing.left),
        forecast_usd=usd(standing.forecast),
        unpriced_gpu_seconds=standing.spent.unpriced_nanoseconds / 1e9,
        started_at=standing.span.start.astimezone(zone),
        resets_at=standing.span.until.astimezone(zone),
        source="default" if budget.scope == "default" else "set" if was_set else "setting",
        changed_at=budget.changed_at,
        changed_by=budget.changed_by,
    )


def changed(budget: Budget, before: Budget | None) -> ChangedBudget:
    """Return a budget after a change of it."""
    return ChangedBudget(
        scope=budget.scope,
        customer=budget.customer or None,
        period=budget.period,
        soft_usd=usd(budget.soft),
        hard_usd=usd(budget.hard),
        changed_at=budget.changed_at,
        changed_by=budget.changed_by,
        before=None if before is None else BudgetAmounts(soft_usd=usd(before.soft), hard_usd=usd(before.hard)),
    )


def usd(nanousd: int | None) -> float | None:
    """Return an amount in dollars."""
    return None if nanousd is None else nanousd / _USD


def dollars(nanousd: int) -> str:
    """Return an amount as people read it, exactly where it is not whole cents."""
    amount = Decimal(nanousd).scaleb(-9)
    return f"${amount:.2f}" if amount == round(amount, 2) else f"${amount.normalize():f}"


def path(budget: Budget) -> str:
    """Return where a budget is changed."""
    if budget.scope == "customer":
        return f"/budgets/customers/{quote(budget.customer, safe='')}/{budget.period}"
    return f"/budgets/{budget.scope}/{budget.period}"
