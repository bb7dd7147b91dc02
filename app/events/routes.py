"""`GET /events/{job_id}`: how a job goes, as it goes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response

from app.errors import Code, ServiceError
from app.errors.documented import answers
from app.events.feed import Standing, standing_of
from app.events.story import story
from app.events.stream import MEDIA_TYPE, EventStream
from app.jobs.access import base_url, job_of
from app.jobs.schemas import JobId, JobView
from app.jobs.shown import shown
from app.jobs.version import version
from app.keys.authentication import JobsReader
from app.services import CurrentServices

router = APIRouter(tags=["jobs"])
_EXAMPLE: Final = """\
retry: 2000

event: status
id: W/"0f3a5e8b7c6a5f4e6f1c2a9e"
data: {"job_id":"6f1c2a9e4b7d4c0f9a3e5d8b7c6a5f4e","status":"running","stage":"animate","progress":0.42}

: still here

event: status
id: W/"8b7c6a5f4e6f1c2a9e0f3a5e"
data: {"job_id":"6f1c2a9e4b7d4c0f9a3e5d8b7c6a5f4e","status":"succeeded","progress":1.0}

event: end
data: {"status": "succeeded"}
"""
_EVENT: Final = {
    "description": "One event of the stream.",
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {
            "enum": ["status", "end", "error"],
            "description": "How the job stands; that it has ended; or what went wrong, after which there is no more.",
        },
        "id": {"type": "string", "description": "The version, on events `status`."},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "What GET /status tells; `status` alone at the end; problem details of an error.",
        },
    },
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events until the job ends. `data` of each event `status` is what GET /status tells.",
        "content": {MEDIA_TYPE: {"schema": _EVENT, "example": _EXAMPLE}},
    },
    204: {"description": "The job has ended, and `Last-Event-ID` says that you know how. Do not come back."},
}


@router.get(
    "/events/{job_id}",
    response_class=Response,
    responses={
        **_ANSWERS,
        **answers(Code.JOB_UNKNOWN, Code.INVALID_INPUT, Code.NOT_ACCEPTABLE, Code.TOO_MANY_STREAMS, Code.SHUTTING_DOWN),
    },
)
async def events(
    job_id: JobId,
    request: Request,
    key: JobsReader,
    services: CurrentServices,
    last_event_id: Annotated[str | None, Header(max_length=100, description="The last event that you have.")] = None,
) -> Response:
    """Tell how a job goes as it goes: server-sent events, which browsers read with `EventSource`.

    Each event's `id` is also the `ETag` of GET /status. A client that comes back with `Last-Event-ID` gets what is new.
    """
    _check_accept(request.headers.get("accept"))
    if services.stopping.has_begun:
        raise ServiceError(
            Code.SHUTTING_DOWN, "The service is shutting down. Try again soon.", headers={"Retry-After": "2"}
        )
    job = await job_of(job_id, key, services)
    standing = await services.database.read(standing_of, job)
    if job.state.is_final and last_event_id == version(job, None):
        return Response(status_code=204)
    base = base_url(request, services)

    async def show(now: Standing) -> JobView:
        return await shown(now.job, now.place, base, services)

    claim = ExitStack()
    watch = claim.enter_context(services.feed.watching(standing, key))
    return EventStream(story(watch, last_event_id, show, services.stopping), claim.close)


def _check_accept(accept: str | None) -> None:
    ranges = [part.split(";")[0].strip().lower() for part in (accept or "*/*").split(",")]
    if not {MEDIA_TYPE, "text/*", "*/*"}.intersection(ranges):
        raise ServiceError(
            Code.NOT_ACCEPTABLE,
            f"Events come as {MEDIA_TYPE}, which Accept: {(accept or '')[:100]} leaves out.",
            context={"available": [MEDIA_TYPE]},
        )
