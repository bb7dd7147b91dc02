"""The result of a job, or the reason why there is none."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Request, Response

from app.delivery import Source, deliver
from app.errors import Code, ServiceError
from app.jobs.job import Job, State
from app.jobs.missing import note_missing
from app.services import Services
from telemetry import catalog

_GONE: Final = {State.FAILED: Code.JOB_FAILED, State.CANCELLED: Code.JOB_CANCELLED}
#: Why there may be no result.
FETCHING: Final = (
    Code.JOB_UNKNOWN,
    Code.JOB_NOT_FINISHED,
    Code.JOB_FAILED,
    Code.JOB_CANCELLED,
    Code.RESULT_EXPIRED,
    Code.INVALID_INPUT,
)


async def fetch(job: Job, request: Request, services: Services) -> Response:
    """Answer with the video of a job that succeeded, as range and conditions of the request have it."""
    found = await result_of(job, services)
    answer = deliver(request, found, media_type="video/mp4", filename=f"{job.id}.mp4")
    if request.method == "GET" and answer.status_code == HTTPStatus.OK:
        services.telemetry.counter(catalog.JOB_RESULTS_FETCHED).labels(operation=job.operation).inc()
    return answer


async def result_of(job: Job, services: Services) -> Source:
    """Return the video of a job that succeeded.

    Raises:
        ServiceError: there is none.
    """
    if not job.state.is_final:
        raise ServiceError(
            Code.JOB_NOT_FINISHED,
            f"The job is {job.state}, {job.progress:.0%} done. GET /status/{job.id} tells when it is ready.",
            context={"job_id": job.id, "job_status": str(job.state), "progress": round(job.progress, 4)},
            headers={"Retry-After": "2"},
        )
    if job.state in _GONE:
        context = {"job_id": job.id, "job_status": str(job.state), "job_error": job.error_code}
        raise ServiceError(_GONE[job.state], job.error_message or f"The job was {job.state}.", context=context)
    found, kept = None, services.settings.result_ttl
    if job.result_removed_at is None and job.result_name is not None:
        async with services.storage.call():
            found = await services.files.source(job.result_name)
        if found is None:
            await note_missing(services.database, [job.result_name], kept)
    if found is None:
        raise ServiceError(
            Code.RESULT_EXPIRED,
            f"The video is not there any more: results are kept for {kept} after the job ended. Submit it again.",
            context={"job_id": job.id, "kept_seconds": kept.total_seconds()},
        )
    return found
