"""Probes. They need no key, and a machine that asks every second costs one check a second."""

from __future__ import annotations

import time

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app import VERSION
from app.health.checks import Report, Status
from app.services import CurrentServices, Services

router = APIRouter(tags=["health"])


class ComponentView(BaseModel):
    """One part."""

    status: Status
    message: str
    duration_seconds: float


class HealthView(BaseModel):
    """The service and its parts."""

    status: Status
    version: str
    uptime_seconds: float
    components: dict[str, ComponentView]


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


_NOT_READY = {503: {"model": HealthView, "description": "A part that requests need is unhealthy."}}


@router.get("/health/live", response_description="The process answers.")
async def live() -> Alive:
    """Tell that the process answers; asks nothing else."""
    return Alive()


@router.get("/health", response_description="The parts and the whole.", responses=_NOT_READY)  # type: ignore[arg-type]  # the framework's own examples pass this
@router.get("/health/ready", response_description="Requests can be answered.", responses=_NOT_READY)  # type: ignore[arg-type]
@router.get("/ready", responses=_NOT_READY, include_in_schema=False)  # type: ignore[arg-type]
async def health(services: CurrentServices, response: Response) -> HealthView:
    """Tell how each part is. 503 when requests cannot be answered; degraded parts do not count as that."""
    report = await services.health.report()
    if not report.is_ready:
        response.status_code = 503
    return _view(report, services)


def _view(report: Report, services: Services) -> HealthView:
    return HealthView(
        status=report.status,
        version=VERSION,
        uptime_seconds=round(time.monotonic() - services.health.began, 1),
        components={
            part.name: ComponentView(status=part.status, message=part.message, duration_seconds=part.duration_seconds)
            for part in report.components
        },
    )
