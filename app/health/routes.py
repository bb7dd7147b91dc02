"""Probes. They need no key, and a machine that asks every second costs one check a second."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app import VERSION
from app.errors import Code
from app.errors.documented import answers
from app.health.checks import Component, Health, Report
from app.health.findings import Status
from app.keys.authentication import MetricsReader
from app.limits.enforcement import LimitedByAddress
from app.services import CurrentServices

router = APIRouter(tags=["health"], dependencies=[LimitedByAddress])


class ComponentView(BaseModel):
    """One part."""

    status: Status
    message: str
    duration_seconds: float


class DeepComponentView(ComponentView):
    """One part as administrators see it."""

    detail: str = Field(description="More about what is wrong; empty when nothing is.")


class HealthView(BaseModel):
    """The service and its parts."""

    status: Status
    version: str
    uptime_seconds: float
    components: dict[str, ComponentView]


class DeepHealthView(HealthView):
    """The service and its parts as administrators see them."""

    components: dict[str, DeepComponentView]  # type: ignore[assignment]  # each is one, with more


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Started(BaseModel):
    """Whether the start is over."""

    status: str


def _unready(view: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    return {503: {"model": view, "description": "A part that requests need is unhealthy, or the process is to stop."}}


@router.get("/health/live", response_description="The process answers.")
async def live() -> Alive:
    """Tell that the process answers; asks nothing else."""
    return Alive()


@router.get(
    "/health/startup",
    response_description="The start is over.",
    responses={503: {"model": Started, "description": "It is not."}},
)
async def startup(services: CurrentServices, response: Response) -> Started:
    """Tell whether the service has been ready once; from then on it is 200 whatever happens."""
    if not services.health.has_been_ready and not (await services.health.report()).is_ready:
        response.status_code = 503
        return Started(status="starting")
    return Started(status="started")


@router.get("/health", response_description="The parts and the whole.", responses=_unready(HealthView))
@router.get("/health/ready", response_description="Requests can be answered.", responses=_unready(HealthView))
@router.get("/ready", responses=_unready(HealthView), include_in_schema=False)
async def health(services: CurrentServices, response: Response) -> HealthView:
    """Tell how each part is. 503 when requests cannot be answered; degraded parts do not count as that."""
    report = await services.health.report()
    if not report.is_ready:
        response.status_code = 503
    return HealthView(
        **_whole(report, services.health),
        components={part.name: ComponentView(**_fields(part)) for part in report.components},
    )


@router.get(
    "/health/deep",
    response_description="Everything could be written, read and deleted.",
    responses={**answers(Code.KEY_MISSING, Code.KEY_UNKNOWN, Code.SCOPE_REQUIRED), **_unready(DeepHealthView)},
)
async def deep(_key: MetricsReader, services: CurrentServices, response: Response) -> DeepHealthView:
    """Write, read and delete a row, a message, a file and a value, and ask the cards; at most every ten seconds."""
    report = await services.deep_health.report()
    if not report.is_ready:
        response.status_code = 503
    parts = {part.name: DeepComponentView(**_fields(part), detail=part.detail) for part in report.components}
    return DeepHealthView(**_whole(report, services.health), components=parts)


def _whole(report: Report, health: Health) -> dict[str, Any]:
    uptime = round(time.monotonic() - health.began, 1)
    return {"status": report.status, "version": VERSION, "uptime_seconds": uptime}


def _fields(part: Component) -> dict[str, Any]:
    return {"status": part.status, "message": part.message, "duration_seconds": part.duration_seconds}
