"""Why a job is refused, in words and in figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from app.budgets.budget import Budget
from app.budgets.schemas import dollars, path, usd
from app.errors import Code, ServiceError
from app.ledger.calendar import PERIODS
from telemetry import catalog, counted
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from app.budgets.gate import Account

_log = get_logger(__name__)
#: Until a job like those that are quoted has ended.
_FIRST_JOB_SECONDS: Final = 30


_COUNTS: Final = {
    labels: counted(catalog.BUDGET_REFUSALS, scope=labels[0], period=labels[1], code=labels[2])
    for labels in product(("service", "customer"), PERIODS, (Code.BUDGET_EXCEEDED.code, Code.COST_UNKNOWN.code))
}


def count_from_zero() -> None:
    """Export what is counted about refusals before there is one, so that the first is a rise."""
    for refusals in _COUNTS.values():
        refusals.add(0)


def exceeded(account: Account, cost: int | None, zone: ZoneInfo, moment: datetime, *, tell_all: bool) -> ServiceError:
    """Return the refusal of a job that would go beyond a hard budget."""
    budget, until = account.budget, account.span.until.astimezone(zone)
    figures: dict[str, Any] = {
        "hard_usd": usd(account.hard),
        "spent_usd": usd(account.spent.nanousd),
        "reserved_usd": usd(account.reserved.nanousd),
        "quoted_usd": usd(cost),
    }
    said = f"{_whose(budget)} for this {budget.period} does not allow this job"
    # What all customers spend is no customer's business.
    told = tell_all or budget.scope != "service"
    if told:
        quoted = "what it costs is not known before it has run" if cost is None else f"it should cost {dollars(cost)}"
        said += (
            f": of {dollars(account.hard)}, {dollars(account.spent.nanousd)} are spent and "
            f"{dollars(account.reserved.nanousd)} reserved by jobs that wait or run; {quoted}"
        )
    context = _names(budget) | {"resets_at": until.isoformat()}
    return _refused(
        Code.BUDGET_EXCEEDED,
        f"{said}. It begins anew at {until:%Y-%m-%d %H:%M} ({zone.key}).",
        context | (figures if told else {}),
        retry_after=math.ceil((account.span.until - moment).total_seconds()),
        logged=context | figures,
    )


def spending_unknown(account: Account, zone: ZoneInfo, moment: datetime) -> ServiceError:
    """Return the refusal of any job while it is not known what is left of a hard budget."""
    budget, until = account.budget, account.span.until.astimezone(zone)
    seconds = account.spent.unpriced_nanoseconds / 1e9
    context = _names(budget) | {"resets_at": until.isoformat()}
    return _refused(
        Code.COST_UNKNOWN,
        f"{_whose(budget)} for this {budget.period} is hard, and what {seconds:.1f} s of this {budget.period} cost is not known: they were "
        "spent on a card without a price. An administrator can price them (POST /usage/price) or take the "
        f"hard amount away (PUT {path(budget)}); it begins anew at {until:%Y-%m-%d %H:%M} ({zone.key}).",
        context | {"unpriced_seconds": seconds},
        retry_after=math.ceil((account.span.until - moment).total_seconds()),
    )


def price_unknown(budget: Budget, device: str) -> ServiceError:
    """Return the refusal of any job while the device that would run it has no price."""
    return _refused(
        Code.COST_UNKNOWN,
        f"{_whose(budget)} for this {budget.period} is hard, and what a second of {device} costs is not known. An administrator can price it "
        f"(PLAINVIEW_GPU_PRICES) or take the hard amount away (PUT {path(budget)}).",
        _names(budget) | {"device_name": device},
    )


def one_at_a_time(budget: Budget) -> ServiceError:
    """Return the refusal of a second job without a quote."""
    return _refused(
        Code.COST_UNKNOWN,
        f"{_whose(budget)} for this {budget.period} is hard, and no job like this one has run yet that would tell what it costs: until the first "
        "has ended, one at a time is accepted. Yours has not ended; send this one after it.",
        _names(budget),
        retry_after=_FIRST_JOB_SECONDS,
    )


def _names(budget: Budget) -> dict[str, str]:
    # That a customer's budget is the default is for administrators to know.
    return {"scope": "service" if budget.scope == "service" else "customer", "period": budget.period}


def _refused(
    code: Code,
    detail: str,
    context: Mapping[str, Any],
    *,
    retry_after: int | None = None,
    logged: Mapping[str, Any] | None = None,
) -> ServiceError:
    _COUNTS[context["scope"], context["period"], code.code].add()
    _log.warning(catalog.Event.BUDGET_REFUSED_JOB, code=code.code, **(logged or context))
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return ServiceError(code, detail, headers=headers, context=context)


def _whose(budget: Budget) -> str:
    return "The service's budget" if budget.scope == "service" else "Your budget"
