"""Jobs over HTTP."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.generation.inputs import DEFAULT_LIMITS
from app.jobs.job import Job, State
from app.ledger.energy import Tariff
from app.ledger.rows import Energy
from app.quotes.schemas import EXAMPLE, QuoteView

_JOB_ID: Final = re.compile(r"[0-9a-f]{32}")


def _job_id(text: str) -> str:
    if _JOB_ID.fullmatch(text) is None:
        raise ValueError("should be a job id as POST /generate gave it: 32 characters, 0 to 9 and a to f")
    return text


_ID: Final = "6f1c2a9e4b7d4c0f9a3e5d8b7c6a5f4e"

JobId = Annotated[
    str,
    AfterValidator(_job_id),
    Field(
        description="The id that POST /generate gave.", examples=[_ID], json_schema_extra={"pattern": "^[0-9a-f]{32}$"}
    ),
]
_TRACE: Final = "0af7651916cd43dd8448eb211c80319c"

#: What each field of POST /generate may be.
ALLOWED: Final = {
    "image": "one still picture as JPEG, PNG or WebP, "
    f"up to {DEFAULT_LIMITS.max_image_bytes // 2**20} MiB, "
    f"{DEFAULT_LIMITS.min_image_side} to {DEFAULT_LIMITS.max_image_side} pixels a side",
    "audio": "speech as WAV, MP3, FLAC, OGG or M4A, "
    f"up to {DEFAULT_LIMITS.max_audio_bytes // 2**20} MiB and {DEFAULT_LIMITS.max_audio_seconds:g} seconds",
    "prompt": f"1 to {DEFAULT_LIMITS.max_prompt_length} characters of text",
}

#: The body of POST /generate for the OpenAPI document; it is read as a stream, so the framework cannot know it.
SUBMIT_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["image", "audio", "prompt"],
                "additionalProperties": False,
                "properties": {
                    "image": {
                        "type": "string",
                        "format": "binary",
                        "description": f"The portrait: {ALLOWED['image']}.",
                    },
                    "audio": {
                        "type": "string",
                        "format": "binary",
                        "description": f"The sound: {ALLOWED['audio']}.",
                    },
                    "prompt": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": DEFAULT_LIMITS.max_prompt_length,
                        "description": "How the portrait should behave.",
                        "example": "A calm news presenter",
                    },
                },
            },
            "encoding": {"image": {"contentType": "image/*"}, "audio": {"contentType": "audio/*"}},
        }
    },
}

#: The headers of POST /generate that are read from the request itself.
SUBMIT_HEADERS: Final[list[dict[str, Any]]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Names this submit for 24 hours: sent again with the same name, it is answered as the first time and "
        "no second job is made. Another submit of the same name is refused with `idempotency_conflict`.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        "example": "0b0e6a5c-7f2b-4c1d-9a63-3c5d1f0f7d55",
    },
    {
        "name": "Cache-Control",
        "in": "header",
        "required": False,
        "description": "`no-cache`: a generation of its own, whatever was made before. `no-store`: nor may identical jobs "
        "have this one's video.",
        "schema": {"type": "string"},
        "example": "no-cache",
    },
]


class Accepted(BaseModel):
    """A job that was accepted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "job_id": _ID,
                    "status": "queued",
                    "status_url": f"http://127.0.0.1:8000/status/{_ID}",
                    "result_url": f"http://127.0.0.1:8000/result/{_ID}",
                    "trace_id": _TRACE,
                    "queue_position": 1,
                    "quote": EXAMPLE,
                    "cached": False,
                }
            ]
        }
    )

    job_id: str
    status: State
    status_url: str = Field(description="Tells how the job goes.")
    result_url: str = Field(description="Gives the video once the job has succeeded.")
    trace_id: str | None = Field(description="The trace that follows the job from this request to the stored video.")
    queue_position: int | None = Field(description="1 for the next to run; null where the job need not run.")
    quote: QuoteView | None = Field(description="What the job should take; null where it need not run.")
    cached: bool = Field(
        description="Whether an identical job makes the video (`status` is joined: this one ends with it) or has made it "
        "(succeeded: it is there). Costs nothing. `Cache-Control: no-cache` asks for a generation of its own."
    )


class JobError(BaseModel):
    """Why a job failed."""

    code: str = Field(
        description="invalid_input, out_of_memory, generation_failed, storage_unavailable or attempts_exhausted."
    )
    message: str


class JobEnergy(BaseModel):
    """Energy of a job's runs that have ended; what it costs is no part of the job's cost."""

    joules: float
    estimated: bool = Field(description="Whether any of it is from samples of the card's power, not from its counter.")
    cost_usd: float | None = Field(description="Null unless a price of energy is set.")
    co2_grams: float | None = Field(description="Null unless a carbon intensity is set.")


class JobView(BaseModel):
    """A job as it stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "job_id": _ID,
                    "status": "running",
                    "stage": "animate",
                    "progress": 0.42,
                    "attempts": 1,
                    "queue_position": None,
                    "eta_seconds": 4.5,
                    "created_at": "2026-11-21T12:00:00Z",
                    "started_at": "2026-11-21T12:00:01Z",
                    "finished_at": None,
                    "queue_seconds": 0.9,
                    "gpu_seconds": 0.0,
                    "cost_usd": 0.0,
                    "energy": None,
                    "device": "cpu",
                    "trace_id": _TRACE,
                    "error": None,
                    "cancel_requested": False,
                    "result_url": None,
                    "notes": [],
                    "cached": False,
                }
            ]
        }
    )

    job_id: str
    status: State
    stage: str | None = Field(description="inspect, decode, animate, encode or store while the job runs.")
    progress: float = Field(ge=0, le=1)
    attempts: int = Field(description="How often the job was started; more than 1 after a failure or a lost worker.")
    queue_position: int | None = Field(description="1 for the next to run; null once it is not waiting.")
    eta_seconds: float | None = Field(
        description="Seconds until the video should be there; null when it has ended, where that is not known, and in lists."
    )
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    queue_seconds: float | None = Field(description="Wait before the first start.")
    gpu_seconds: float = Field(description="Seconds of the device over all runs so far.")
    cost_usd: float | None = Field(description="Cost of those seconds; null where their price is not known.")
    energy: JobEnergy | None = Field(
        description="Null where the device does not tell it, until a run has ended, and in lists."
    )
    device: str | None = Field(description="gpu, cpu where the CPU stands in for one, or simulated.")
    trace_id: str | None
    error: JobError | None
    cancel_requested: bool
    result_url: str | None = Field(description="Where the video is, as long as it is kept.")
    notes: list[str] = Field(description="What to know about the video, for example that no face was found.")
    cached: bool = Field(description="Whether the video is, or will be, that of an identical job.")


class JobList(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobView]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last one.")
    next: str | None = Field(description="Address of the next page, also in the header `Link`.")


def energy(found: Energy | None, tariff: Tariff) -> JobEnergy | None:
    """Return the energy of a job as answers show it."""
    if found is None:
        return None
    figures = tariff.figures(found.joules)
    return JobEnergy(
        joules=found.joules,
        estimated=found.estimated > 0,
        cost_usd=figures.get("energy_cost_usd"),
        co2_grams=figures.get("co2_grams"),
    )


def view(
    job: Job,
    base_url: str,
    queue_position: int | None = None,
    eta_seconds: float | None = None,
    energy: JobEnergy | None = None,
) -> JobView:
    """Return `job` as answers show it."""
    return JobView(
        job_id=job.id,
        status=job.state,
        stage=job.stage,
        progress=round(job.progress, 4),
        attempts=job.attempts,
        queue_position=queue_position,
        eta_seconds=None if eta_seconds is None else round(eta_seconds, 1),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        queue_seconds=job.queue_seconds,
        gpu_seconds=job.gpu_seconds,
        cost_usd=None if job.cost_usd is None else float(job.cost_usd),
        energy=energy,
        device=job.device,
        trace_id=job.trace_id,
        error=None if job.error_code is None else JobError(code=job.error_code, message=job.error_message or ""),
        cancel_requested=job.cancel_requested_at is not None,
        result_url=f"{base_url}/result/{job.id}" if job.has_result else None,
        notes=list(job.notes),
        cached=job.shared_from is not None,
    )
