"""Usage over HTTP, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.clock import MomentInUtc, utc_now
from app.errors import Code, ServiceError
from app.errors.documented import answers
from app.errors.problem import FieldError
from app.keys.authentication import UsageReader
from app.ledger import usage
from app.ledger.calendar import Period, span
from app.ledger.energy import Tariff
from app.ledger.outlook import Outlook, outlook
from app.ledger.timeline import NANO
from app.ledger.usage import By, Per
from app.services import CurrentServices

router = APIRouter(tags=["usage"])
_Asked = Literal["kind", "customer", "key_id", "tier", "operation", "model", "device", "device_name", "none"]
_DEFAULT_BY: Final[list[_Asked]] = ["customer", "operation"]
_CSV: Final = """\
start,until,customer,operation,gpu_seconds,cost_usd,unpriced_gpu_seconds,joules,jobs
2026-11-01T00:00:00+01:00,2026-11-22T12:00:00+01:00,acme,generate,812.4,0.154356,0.0,,96
"""
_AMOUNTS: Final = ("gpu_seconds", "cost_usd", "unpriced_gpu_seconds", "joules", "joules_estimated")
# What a spreadsheet would take for a formula when it opens the file.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class UsageRow(BaseModel):
    """What one group used in one stretch of time; a group that was not asked for is left out."""

    start: datetime
    until: datetime
    kind: str | None = Field(None, description="job, retry, cancelled, failed, idle or overhead")
    customer: str | None = None
    key_id: str | None = Field(None, description="Id of the key that jobs were submitted with.")
    tier: str | None = Field(None, description="Tier of that key at the submit.")
    operation: str | None = None
    model: str | None = None
    device: str | None = Field(None, description="gpu, cpu where the CPU stands in, or simulated")
    device_name: str | None = None
    gpu_seconds: float = Field(description="Seconds that devices were held.")
    cost_usd: float = Field(description="Cost of the seconds whose price is known.")
    unpriced_gpu_seconds: float = Field(description="Seconds whose price, and so whose cost, is not known.")
    joules: float | None = Field(description="Energy of work, where the device tells it.")
    joules_estimated: float | None = Field(description="Part of it from samples of power, not from a counter.")
    energy_cost_usd: float | None = Field(
        None, description="Cost of that energy, where a price of it is set; beside cost_usd, not in it."
    )
    co2_grams: float | None = Field(None, description="CO2 of that energy, where its carbon intensity is set.")
    jobs: int


class Forecast(BaseModel):
    """The present day or month of the configured time zone, whatever time was asked for: jobs of all rows' customers."""

    period: Period
    until: datetime = Field(description="Its end.")
    cost_usd: float = Field(description="Cost of jobs so far.")
    forecast_usd: float | None = Field(
        description="Their cost at its end if it goes on like this since it began, or since the first job of these customers; "
        "null in the first tenth of that time."
    )


class Usage(BaseModel):
    """Usage between two moments, and where the present day and month lead."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "since": "2026-11-01T00:00:00+01:00",
                "until": "2026-11-22T12:00:00+01:00",
                "time_zone": "Europe/Amsterdam",
                "rows": [
                    {
                        "start": "2026-11-01T00:00:00+01:00",
                        "until": "2026-11-22T12:00:00+01:00",
                        "customer": "acme",
                        "operation": "generate",
                        "gpu_seconds": 812.4,
                        "cost_usd": 0.154356,
                        "unpriced_gpu_seconds": 0.0,
                        "joules": None,
                        "joules_estimated": None,
                        "jobs": 96,
                    }
                ],
                "forecast": [
                    {
                        "period": "month",
                        "until": "2026-12-01T00:00:00+01:00",
                        "cost_usd": 0.154356,
                        "forecast_usd": 0.215317,
                    }
                ],
            }
        }
    )

    since: datetime
    until: datetime
    time_zone: str
    rows: list[UsageRow]
    forecast: list[Forecast]


@router.get(
    "/usage",
    response_description="The usage.",
    response_model=Usage,
    response_model_exclude_unset=True,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": _CSV}}},
        **answers(Code.KEY_MISSING, Code.KEY_UNKNOWN, Code.SCOPE_REQUIRED, Code.INVALID_INPUT),
    },
)
async def read_usage(  # noqa: PLR0913, PLR0917 - the framework calls it by names
    key: UsageReader,
    services: CurrentServices,
    since: Annotated[MomentInUtc | None, Query(description="First moment; the calendar month's unless given.")] = None,
    until: Annotated[MomentInUtc | None, Query(description="First moment after; now unless given.")] = None,
    per: Annotated[Per | None, Query(description="A row for each hour, day or month of the time zone.")] = None,
    by: Annotated[
        list[_Asked] | None,
        Query(description="What tells rows apart, customer and operation unless given; none for one sum."),
    ] = None,
    customer: Annotated[str | None, Query(max_length=100, description="Only this customer's; administrators.")] = None,
    form: Annotated[Literal["json", "csv"], Query(alias="format", description="How to write it.")] = "json",
) -> Usage | Response:
    """Tell who used devices for how long and what that cost, exactly, from the ledger.

    A customer sees its own, an administrator all, and with `by=kind` also what was paid for idle and starting devices.
    A quarter hour that `since` or `until` lies in counts whole.
    """
    zone = services.settings.zone
    chosen: list[By] = [name for name in dict.fromkeys(by or _DEFAULT_BY) if name != "none"]
    whose = customer if key.is_admin else key.customer
    try:
        now = utc_now()
        if until is None and since is not None and since >= now:
            raise usage.StretchesWrong("since", since.isoformat(), "should be in the past unless until is given")  # noqa: TRY301
        since, until = since or span(now, zone, "month").start, until or now
        found = await services.database.read(usage.read, since, until, per, chosen, zone, whose)
    except usage.StretchesWrong as error:
        wrong = FieldError(error.field, str(error.value), error.allowed)
        raise ServiceError(Code.INVALID_INPUT, f"{error}.", errors=[wrong]) from error
    tariff = services.settings.tariff
    rows = list(usage.lines(found, chosen, tariff))
    if form == "csv":
        text = csv_of(rows, columns_of(chosen, tariff))
        return Response(text, media_type="text/csv", headers={"cache-control": "no-store"})
    return Usage(
        since=since.astimezone(zone),
        until=until.astimezone(zone),
        time_zone=zone.key,
        rows=[UsageRow.model_validate(row) for row in rows],
        forecast=[_forecast(each, zone) for each in await services.database.read(outlook, zone, whose)],
    )


def _forecast(found: Outlook, zone: ZoneInfo) -> Forecast:
    return Forecast(
        period=found.period,
        until=found.span.until.astimezone(zone),
        cost_usd=found.spent / NANO,
        forecast_usd=None if found.forecast is None else found.forecast / NANO,
    )


def columns_of(by: Sequence[By], tariff: Tariff) -> list[str]:
    """Return the names of what a row has, in their order."""
    return ["start", "until", *by, *_AMOUNTS, *tariff.figures(None), "jobs"]


def csv_of(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return rows as CSV; a text that a spreadsheet would take for a formula is told from one by an apostrophe."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
