"""The job itself: submit, look, fetch, cancel, list."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from app.clock import MomentInUtc
from app.errors import Code, ServiceError
from app.errors.documented import answers
from app.jobs import rows
from app.jobs.job import Job, State
from app.jobs.schemas import SUBMIT_BODY, Accepted, JobId, JobList, JobView, view
from app.jobs.submission import REFUSALS, submit
from app.keys.authentication import CurrentKey
from app.keys.key import Key
from app.quotes.schemas import view as quoted
from app.services import CurrentServices, Services
from telemetry import annotate, catalog
from telemetry.context import current_trace_id
from telemetry.logs import get_logger

router = APIRouter(tags=["jobs"])
_log = get_logger(__name__)
_ACCESS: Final = (Code.KEY_MISSING, Code.KEY_UNKNOWN)
_GONE: Final = {State.FAILED: Code.JOB_FAILED, State.CANCELLED: Code.JOB_CANCELLED}


@router.post(
    "/generate",
    status_code=202,
    response_description="The job is accepted and waits.",
    openapi_extra={"requestBody": SUBMIT_BODY},
    responses=answers(
        *_ACCESS,
        *REFUSALS,
    ),
)
async def generate(request: Request, key: CurrentKey, services: CurrentServices) -> Accepted:
    """Make a talking portrait: send a picture, speech and a prompt, get a job.

    The job waits in a queue and runs on the next free worker. What is refused is refused here, with the field at fault.
    """
    done = await submit(request, key, services)
    base = _base_url(request, services)
    return Accepted(
        job_id=done.job_id,
        status=State.QUEUED,
        status_url=f"{base}/status/{done.job_id}",
        result_url=f"{base}/result/{done.job_id}",
        trace_id=current_trace_id(),
        queue_position=done.place,
        quote=quoted(done.quote, done.place),
    )


@router.get(
    "/status/{job_id}",
    response_description="The job as it stands.",
    responses=answers(*_ACCESS, Code.JOB_UNKNOWN, Code.INVALID_INPUT),
)
async def status(job_id: JobId, request: Request, key: CurrentKey, services: CurrentServices) -> JobView:
    """Tell how a job goes: its state, stage, progress, cost and trace."""
    job = await _job(job_id, key, services)
    place = await services.database.read(rows.position, job) if job.state is State.QUEUED else None
    return view(job, _base_url(request, services), place, await services.quotes.end_seconds(job))


@router.get(
    "/result/{job_id}",
    response_class=FileResponse,
    responses={
        200: {"content": {"video/mp4": {}}, "description": "The video; range requests are answered with 206."},
        **answers(
            *_ACCESS,
            Code.JOB_UNKNOWN,
            Code.JOB_NOT_FINISHED,
            Code.JOB_FAILED,
            Code.JOB_CANCELLED,
            Code.RESULT_EXPIRED,
            Code.INVALID_INPUT,
        ),
    },
)
async def result(job_id: JobId, key: CurrentKey, services: CurrentServices) -> FileResponse:
    """Give the video of a job that succeeded: MP4 with H.264 and AAC."""
    job = await _job(job_id, key, services)
    if not job.state.is_final:
        raise ServiceError(
            Code.JOB_NOT_FINISHED,
            f"The job is {job.state}, {job.progress:.0%} done. GET /status/{job_id} tells when it is ready.",
            context={"job_id": job_id, "job_status": str(job.state), "progress": round(job.progress, 4)},
            headers={"Retry-After": "2"},
        )
    if job.state in _GONE:
        context = {"job_id": job_id, "job_status": str(job.state), "job_error": job.error_code}
        raise ServiceError(_GONE[job.state], job.error_message or f"The job was {job.state}.", context=context)
    path = services.files.result(job.result_name or "")
    if job.result_removed_at is not None or not path.is_file():
        kept = services.settings.result_ttl
        raise ServiceError(
            Code.RESULT_EXPIRED,
            f"Results are kept for {kept} after the job ended. Submit it again.",
            context={"job_id": job_id, "kept_seconds": kept.total_seconds()},
        )
    services.telemetry.counter(catalog.JOB_RESULTS_FETCHED).labels(operation=job.operation).inc()
    return FileResponse(path, media_type="video/mp4", filename=f"{job_id}.mp4", content_disposition_type="inline")


@router.post(
    "/cancel/{job_id}",
    response_description="The job after the request.",
    responses=answers(*_ACCESS, Code.JOB_UNKNOWN, Code.JOB_ALREADY_FINISHED),
)
async def cancel(job_id: JobId, request: Request, key: CurrentKey, services: CurrentServices) -> JobView:
    """Cancel a job: at once while it waits, within a second or two while it runs."""
    await _job(job_id, key, services)
    job, changed = await services.database.write(rows.cancel, job_id)
    if job.state.is_final and not changed:
        raise ServiceError(
            Code.JOB_ALREADY_FINISHED,
            f"The job is {job.state}; there is nothing to cancel.",
            context={"job_id": job_id, "job_status": str(job.state)},
        )
    if changed:
        _log.info(catalog.Event.JOB_CANCEL_REQUESTED, job_id=job_id, status=str(job.state))
    if job.state is State.CANCELLED:
        services.telemetry.counter(catalog.JOB_FINISHED).labels(
            operation=job.operation, outcome=str(job.state), tier=job.tier
        ).inc()
        await _leave_queue(job_id, services)
    return view(job, _base_url(request, services))


@router.get("/jobs", response_description="The jobs.", responses=answers(*_ACCESS, Code.INVALID_INPUT))
async def jobs(  # noqa: PLR0913, PLR0917 - the framework calls it by names
    request: Request,
    key: CurrentKey,
    services: CurrentServices,
    status: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
    before: Annotated[MomentInUtc | None, Query(description="Only jobs created before this moment.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most jobs in one answer.")] = 50,
) -> JobList:
    """List jobs, newest first. A customer sees its own, an administrator all."""
    found = await services.database.read(rows.newest, _seen_by(key), state=status, before=before, limit=limit)
    base = _base_url(request, services)
    more = len(found) == limit
    return JobList(jobs=[view(job, base) for job in found], next_before=found[-1].created_at if more else None)


async def _leave_queue(job_id: str, services: Services) -> None:
    try:
        await asyncio.to_thread(services.queue.cancel, job_id)
    except Exception as error:  # noqa: BLE001 - the row says cancelled, so a worker that gets the job leaves it
        _log.warning(catalog.Event.JOB_STILL_IN_QUEUE, job_id=job_id, error_type=type(error).__name__)


async def _job(job_id: str, key: Key, services: Services) -> Job:
    annotate(job_id=job_id)
    job = await services.database.read(rows.find, job_id, _seen_by(key))
    if job is None:
        raise ServiceError(Code.JOB_UNKNOWN, f"No job of yours has the id {job_id}.", context={"job_id": job_id})
    return job


def _seen_by(key: Key) -> str | None:
    return None if key.is_admin else key.customer


def _base_url(request: Request, services: Services) -> str:
    return (services.settings.public_url or str(request.base_url)).rstrip("/")
