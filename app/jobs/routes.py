"""The job itself: submit, look, fetch, cancel, list."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from app.clock import MomentInUtc
from app.delivery import CACHE, is_known, not_modified
from app.delivery.documented import ETAG, NOT_MODIFIED, VIDEO
from app.errors import Code, ServiceError
from app.errors.documented import answers
from app.jobs import rows
from app.jobs.access import base_url as _base_url
from app.jobs.access import job_of as _job
from app.jobs.access import seen_by as _seen_by
from app.jobs.fetching import FETCHING, fetch
from app.jobs.job import State
from app.jobs.schemas import SUBMIT_BODY, SUBMIT_HEADERS, Accepted, JobId, JobList, JobView, view
from app.jobs.shown import shown
from app.jobs.submission import REFUSALS, submit
from app.jobs.version import version
from app.keys.authentication import JobsReader, JobsWriter
from app.pagination import Cursor, Limit, Place, link_next
from app.quotes.schemas import QuoteView
from app.services import CurrentServices, Services
from telemetry import catalog
from telemetry.logs import get_logger

router = APIRouter(tags=["jobs"])
_log = get_logger(__name__)
_ACCESS: Final = (Code.KEY_MISSING, Code.KEY_UNKNOWN, Code.SCOPE_REQUIRED)


@router.post(
    "/generate",
    status_code=202,
    response_description="The job is accepted and waits.",
    openapi_extra={"requestBody": SUBMIT_BODY, "parameters": SUBMIT_HEADERS},
    responses=answers(
        *_ACCESS,
        *REFUSALS,
    ),
)
async def generate(request: Request, response: Response, key: JobsWriter, services: CurrentServices) -> Accepted:
    """Make a talking portrait: send a picture, speech and a prompt, get a job.

    The job waits in a queue and runs on the next free worker. What is refused is refused here, with the field at fault.
    Where an identical job of yours has made the video, or is about to, this one shares it and costs nothing; the header
    `X-Cache` says hit, joined, miss, bypass or off.
    """
    done = await submit(request, key, services)
    base = _base_url(request, services)
    response.headers["X-Cache"] = done.sharing
    if done.repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return Accepted(
        job_id=done.job_id,
        status=done.state,
        status_url=f"{base}/status/{done.job_id}",
        result_url=f"{base}/result/{done.job_id}",
        trace_id=done.trace_id,
        queue_position=done.place,
        quote=None if done.quote is None else QuoteView(**done.quote),
        cached=done.sharing in {"hit", "joined"},
    )


@router.get(
    "/status/{job_id}",
    response_description="The job as it stands.",
    response_model=JobView,
    responses={
        200: {"headers": {"ETag": ETAG}},
        304: NOT_MODIFIED,
        **answers(*_ACCESS, Code.JOB_UNKNOWN, Code.INVALID_INPUT, Code.PRECONDITION_FAILED),
    },
)
async def status(
    job_id: JobId, request: Request, response: Response, key: JobsReader, services: CurrentServices
) -> JobView | Response:
    """Tell how a job goes: its state, stage, progress, cost and trace.

    Send the `ETag` of the last answer as `If-None-Match`: 304 without a body says that nothing has changed. The time at
    which the video should be there is no part of that.
    """
    job = await _job(job_id, key, services)
    place = await services.database.read(rows.position, job) if job.state is State.QUEUED else None
    headers = {"ETag": version(job, place), "Cache-Control": CACHE}
    if is_known(request, headers["ETag"]):
        return not_modified(headers)
    response.headers.update(headers)
    return await shown(job, place, _base_url(request, services), services)


@router.get(
    "/result/{job_id}",
    response_class=Response,
    responses={
        **VIDEO,
        **answers(*_ACCESS, *FETCHING, Code.PRECONDITION_FAILED, Code.RANGE_NOT_SATISFIABLE),
    },
)
async def result(job_id: JobId, request: Request, key: JobsReader, services: CurrentServices) -> Response:
    """Give the video of a job that succeeded: MP4 with H.264 and AAC.

    `Range` asks for a part, so that a download that broke off goes on where it ended (`If-Range` with the `ETag` makes
    sure that it is still the same video); `If-None-Match` saves a second download.
    """
    job = await _job(job_id, key, services)
    return await fetch(job, request, services)


@router.post(
    "/cancel/{job_id}",
    response_description="The job after the request.",
    responses=answers(*_ACCESS, Code.JOB_UNKNOWN, Code.JOB_ALREADY_FINISHED),
)
async def cancel(job_id: JobId, request: Request, key: JobsWriter, services: CurrentServices) -> JobView:
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
    response: Response,
    key: JobsReader,
    services: CurrentServices,
    status: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
    before: Annotated[MomentInUtc | None, Query(description="Only jobs created before this moment.")] = None,
    cursor: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> JobList:
    """List jobs, newest first, in pages. A customer sees its own, an administrator all.

    Jobs that come while pages are read change nothing on the pages after: follow `next` until it is null.
    """
    found = await services.database.read(
        rows.newest, _seen_by(key), state=status, before=before, after=cursor, limit=limit
    )
    base = _base_url(request, services)
    shown = found[:limit]
    following = Place(shown[-1].created_at, shown[-1].id).cursor() if len(found) > limit else None
    asked = {"status": status, "before": before and before.isoformat(), "limit": limit}
    return JobList(
        jobs=[view(job, base) for job in shown],
        next_cursor=following,
        next=link_next(response, f"{base}/jobs", asked, following),
    )


async def _leave_queue(job_id: str, services: Services) -> None:
    try:
        await services.queue.cancel(job_id)
    except Exception as error:  # noqa: BLE001 - the row says cancelled, so a worker that gets the job leaves it
        _log.warning(catalog.Event.JOB_STILL_IN_QUEUE, job_id=job_id, error_type=type(error).__name__)
