"""Quotes over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from app.generation.inputs import DEFAULT_LIMITS
from app.quotes.quote import Quote


class QuoteRequest(BaseModel):
    """What the job would be."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"audio_seconds": 12.5}]})

    audio_seconds: float = Field(
        gt=0, le=DEFAULT_LIMITS.max_audio_seconds, strict=True, allow_inf_nan=False, description="Length of the speech."
    )


EXAMPLE: Final[dict[str, Any]] = {
    "gpu_seconds": 8.2,
    "gpu_seconds_low": 6.9,
    "gpu_seconds_high": 10.4,
    "coverage": 0.9,
    "samples": 57,
    "cost_usd": 0.001558,
    "cost_usd_low": 0.001311,
    "cost_usd_high": 0.001976,
    "queue_position": 1,
    "eta_seconds": 8.5,
}


class QuoteView(BaseModel):
    """What a job should take; null where it is not known yet, as before the first job or while no worker is there."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    gpu_seconds: float | None = Field(description="Expected device seconds.")
    gpu_seconds_low: float | None = Field(description="Lower end of the interval that `coverage` of jobs fall into.")
    gpu_seconds_high: float | None
    coverage: float = Field(ge=0, le=1, description="0.9 with 19 past jobs or more, less with fewer.")
    samples: int = Field(ge=0, description="Past jobs that the figures are made from.")
    cost_usd: float | None
    cost_usd_low: float | None
    cost_usd_high: float | None
    queue_position: int = Field(ge=1, description="1 for the next to run.")
    eta_seconds: float | None = Field(description="Seconds until the video should be there.")


def view(found: Quote, position: int) -> QuoteView:
    """Return a quote as answers show it."""
    seconds = found.device_seconds
    return QuoteView(
        gpu_seconds=None if seconds is None else round(seconds.seconds, 3),
        gpu_seconds_low=None if seconds is None or seconds.low is None else round(seconds.low, 3),
        gpu_seconds_high=None if seconds is None or seconds.high is None else round(seconds.high, 3),
        coverage=0.0 if seconds is None else round(seconds.coverage, 3),
        samples=0 if seconds is None else seconds.samples,
        cost_usd=_usd(found.cost_usd),
        cost_usd_low=_usd(found.low_usd),
        cost_usd_high=_usd(found.high_usd),
        queue_position=position,
        eta_seconds=None if found.end_seconds is None else round(found.end_seconds, 1),
    )


def _usd(amount: Decimal | None) -> float | None:
    return None if amount is None else float(round(amount, 9))
