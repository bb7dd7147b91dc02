"""Pricing the past over HTTP, for administrators."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.errors import Code
from app.errors.documented import answers
from app.jobs.job import nanousd
from app.keys.authentication import BudgetsAdmin
from app.ledger.past_prices import price_past
from app.services import CurrentServices
from telemetry import catalog
from telemetry.logs import get_logger

router = APIRouter(tags=["usage"])
_log = get_logger(__name__)


class PastPrice(BaseModel):
    """What a second of a device cost."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"device_name": "NVIDIA L4", "usd_per_second": 0.00019}]},
    )

    device_name: str = Field(min_length=1, max_length=100, description="As GET /usage?by=device_name has it.")
    usd_per_second: Annotated[Decimal, Field(ge=0, le=1, decimal_places=9, allow_inf_nan=False)]


class PricedView(BaseModel):
    """What was priced."""

    rows: int = Field(description="Rows of the ledger that had no price; 0 when none had.")
    gpu_seconds: float
    cost_usd: float


@router.post(
    "/usage/price",
    response_description="What was priced.",
    responses=answers(Code.KEY_MISSING, Code.KEY_UNKNOWN, Code.SCOPE_REQUIRED, Code.ROLE_REQUIRED, Code.INVALID_INPUT),
)
async def price(wanted: PastPrice, admin: BudgetsAdmin, services: CurrentServices) -> PricedView:
    """Price all seconds of a device that were booked while it had no price; those that have one stay as they are.

    Sums and budgets have them from then on, and jobs what their runs cost.

    Give its worker the price first (`PLAINVIEW_GPU_PRICES`), else it goes on booking seconds without one.
    """
    by = f"{admin.label} ({admin.customer})"
    per_second = nanousd(wanted.usd_per_second)
    done = await services.database.write(price_past, wanted.device_name, per_second, f"entered later by {by}")
    seconds, usd = done.nanoseconds / 1e9, done.nanousd / 1e9
    _log.info(
        catalog.Event.LEDGER_PRICED,
        device_name=wanted.device_name,
        usd_per_second=float(wanted.usd_per_second),
        rows=done.rows,
        gpu_seconds=seconds,
        cost_usd=usd,
        by=by,
        by_key=admin.id,
    )
    return PricedView(rows=done.rows, gpu_seconds=seconds, cost_usd=usd)
