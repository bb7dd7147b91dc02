"""Budgets over HTTP: administrators set them, customers see their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query

from app.budgets import rows, standing
from app.budgets.budget import SCOPES, Budget, Name
from app.budgets.schemas import BudgetList, ChangedBudget, NewBudget, changed, listed, usd
from app.budgets.standing import Overview, Standing
from app.errors import Code, ServiceError
from app.errors.documented import answers
from app.jobs.job import nanousd
from app.keys.authentication import BudgetsAdmin, UsageReader
from app.keys.key import Key
from app.keys.schemas import Customer
from app.ledger.calendar import PERIODS, Period
from app.services import CurrentServices, Services
from telemetry import catalog
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from telemetry import Telemetry

router = APIRouter(prefix="/budgets", tags=["budgets"])
_log = get_logger(__name__)
_ACCESS: Final = (Code.KEY_MISSING, Code.KEY_UNKNOWN, Code.SCOPE_REQUIRED)
_CHANGE: Final = answers(*_ACCESS, Code.ROLE_REQUIRED, Code.INVALID_INPUT)
_REMOVAL: Final = answers(*_ACCESS, Code.ROLE_REQUIRED, Code.INVALID_INPUT, Code.BUDGET_UNKNOWN)
_ACTIONS: Final = ("set", "removed")


def count_from_zero(telemetry: Telemetry) -> None:
    """Export what is counted about budgets before there is anything to count."""
    for scope in SCOPES:
        for action in _ACTIONS:
            telemetry.counter(catalog.BUDGET_CHANGES).labels(scope=scope, action=action)


@router.get(
    "", response_description="The budgets.", responses=answers(*_ACCESS, Code.ROLE_REQUIRED, Code.INVALID_INPUT)
)
async def list_budgets(
    _admin: BudgetsAdmin,
    services: CurrentServices,
    customer: Annotated[Customer | None, Query(description="Only this customer's.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most customers' budgets in one answer.")] = 100,
) -> BudgetList:
    """Tell which budgets count, what is spent, reserved and left of each, and what its period will have cost.

    The service's come first, then those of customers that are used most, their own or the default.
    """
    gate = services.budgets
    if customer is not None:
        found = await services.database.read(standing.of_customer, gate.of_settings, gate.zone, customer)
        return listed(found, gate.zone)
    seen = await services.database.read(standing.overview, gate.of_settings, gate.zone)
    return listed([*_of_service(seen), *_most_used(seen)[:limit]], gate.zone)


@router.get("/me", response_description="The budgets.", responses=answers(*_ACCESS))
async def own_budgets(key: UsageReader, services: CurrentServices) -> BudgetList:
    """Tell what the customer of this key may spend, has spent and has left; nothing where no budget was set for it."""
    gate = services.budgets
    found = await services.database.read(standing.of_customer, gate.of_settings, gate.zone, key.customer)
    return listed(found, gate.zone)


@router.put("/service/{period}", response_description="The budget, and what it was.", responses=_CHANGE)
async def set_service_budget(
    period: Period, new: NewBudget, admin: BudgetsAdmin, services: CurrentServices
) -> ChangedBudget:
    """Set what all jobs of a calendar day or month may cost together. It counts from the next job on, on every node."""
    return await _put(("service", "", period), new, admin, services)


@router.put("/default/{period}", response_description="The budget, and what it was.", responses=_CHANGE)
async def set_default_budget(
    period: Period, new: NewBudget, admin: BudgetsAdmin, services: CurrentServices
) -> ChangedBudget:
    """Set what the jobs of each customer may cost that has no budget of its own for this period."""
    return await _put(("default", "", period), new, admin, services)


@router.put("/customers/{customer}/{period}", response_description="The budget, and what it was.", responses=_CHANGE)
async def set_customer_budget(
    customer: Customer, period: Period, new: NewBudget, admin: BudgetsAdmin, services: CurrentServices
) -> ChangedBudget:
    """Set what the jobs of one customer may cost."""
    return await _put(("customer", customer, period), new, admin, services)


@router.delete("/service/{period}", response_description="The budget that counts now.", responses=_REMOVAL)
async def remove_service_budget(period: Period, admin: BudgetsAdmin, services: CurrentServices) -> ChangedBudget:
    """Remove the service's budget; that of the settings counts again, if there is one."""
    return await _remove(("service", "", period), admin, services)


@router.delete("/default/{period}", response_description="The budget that counts now.", responses=_REMOVAL)
async def remove_default_budget(period: Period, admin: BudgetsAdmin, services: CurrentServices) -> ChangedBudget:
    """Remove the budget of customers that have none of their own; that of the settings counts again, if there is one."""
    return await _remove(("default", "", period), admin, services)


@router.delete("/customers/{customer}/{period}", response_description="The budget that counts now.", responses=_REMOVAL)
async def remove_customer_budget(
    customer: Customer, period: Period, admin: BudgetsAdmin, services: CurrentServices
) -> ChangedBudget:
    """Remove a customer's own budget; the default counts again, if there is one."""
    return await _remove(("customer", customer, period), admin, services)


def _of_service(seen: Overview) -> list[Standing]:
    found = (seen.service(period) for period in PERIODS)
    return [one for one in found if one is not None]


def _most_used(seen: Overview) -> list[Standing]:
    return sorted(seen.customers(), key=lambda one: (-(one.used_ratio or 0.0), one.customer or "", one.budget.period))


async def _put(name: Name, new: NewBudget, admin: Key, services: Services) -> ChangedBudget:
    soft = None if new.soft_usd is None else nanousd(new.soft_usd)
    hard = None if new.hard_usd is None else nanousd(new.hard_usd)
    after, before = await services.database.write(rows.put, name, soft=soft, hard=hard, by=_by(admin))
    _tell(catalog.Event.BUDGET_SET, name, after, before, admin)
    services.telemetry.counter(catalog.BUDGET_CHANGES).labels(scope=name[0], action="set").inc()
    return changed(after, before)


async def _remove(name: Name, admin: Key, services: Services) -> ChangedBudget:
    scope, customer, period = name
    before, after = await services.database.write(rows.remove, name, services.budgets.of_settings)
    if before is None:
        whose = f"customer {customer}" if customer else scope
        raise ServiceError(
            Code.BUDGET_UNKNOWN,
            f"No budget of the {period} was set for {whose}; GET /budgets lists what counts.",
            context={"scope": scope, "customer": customer or None, "period": period},
        )
    _tell(catalog.Event.BUDGET_REMOVED, name, after, before, admin)
    services.telemetry.counter(catalog.BUDGET_CHANGES).labels(scope=scope, action="removed").inc()
    return changed(after, before)


def _tell(event: str, name: Name, after: Budget, before: Budget | None, admin: Key) -> None:
    scope, customer, period = name
    _log.info(
        event,
        scope=scope,
        budget_customer=customer or None,
        period=period,
        soft_usd=usd(after.soft),
        hard_usd=usd(after.hard),
        soft_usd_before=None if before is None else usd(before.soft),
        hard_usd_before=None if before is None else usd(before.hard),
        by=_by(admin),
        by_key=admin.id,
    )


def _by(admin: Key) -> str:
    return f"{admin.label} ({admin.customer})"
