"""Make a link to a result, and follow it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.clock import utc_now
from app.delivery.documented import VIDEO
from app.errors import Code, ServiceError
from app.errors.documented import answers
from app.jobs import rows
from app.jobs.access import base_url, job_of
from app.jobs.fetching import FETCHING, fetch, result_of
from app.jobs.schemas import JobId
from app.keys.authentication import JobsReader
from app.limits.enforcement import LimitedByAddress
from app.services import CurrentServices
from telemetry import annotate

router = APIRouter(tags=["jobs"])
_LONGEST: Final = timedelta(days=7)
_ACCESS: Final = (Code.KEY_MISSING, Code.KEY_UNKNOWN, Code.SCOPE_REQUIRED)
_PARTS: Final = (Code.PRECONDITION_FAILED, Code.RANGE_NOT_SATISFIABLE)
_ID: Final = "6f1c2a9e4b7d4c0f9a3e5d8b7c6a5f4e"


class Link(BaseModel):
    """A link that gives the video to whoever has it. Treat it as a password."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": f"http://127.0.0.1:8000/links/{_ID}?expires=1763733600&signature=kV0r...",
                    "expires_at": "2026-11-21T13:00:00Z",
                }
            ]
        }
    )

    url: str = Field(description="Needs no key; takes GET, ranges and conditions.")
    expires_at: datetime = Field(description="When it ends, or earlier with the video itself.")


@router.post(
    "/jobs/{job_id}/link",
    response_description="The link.",
    responses=answers(*_ACCESS, *FETCHING),
)
async def make_link(  # noqa: PLR0913, PLR0917 - the framework calls it by names
    job_id: JobId,
    request: Request,
    response: Response,
    key: JobsReader,
    services: CurrentServices,
    seconds: Annotated[int, Query(ge=60, le=int(_LONGEST.total_seconds()), description="How long it works.")] = 3600,
) -> Link:
    """Make a link to the video of a job that succeeded, which works for a while without a key."""
    job = await job_of(job_id, key, services)
    await result_of(job, services)
    response.headers["Cache-Control"] = "no-store"
    ends = int(utc_now().timestamp()) + seconds
    if services.settings.result_links == "storage":
        async with services.storage.call():
            direct = await services.files.link(job.result_name or "", timedelta(seconds=seconds))
        if direct is not None:
            return Link(url=direct, expires_at=datetime.fromtimestamp(ends, UTC))
    url = f"{base_url(request, services)}/links/{job_id}?expires={ends}&signature={services.signer.sign(job_id, ends)}"
    return Link(url=url, expires_at=datetime.fromtimestamp(ends, UTC))


@router.get(
    "/links/{job_id}",
    response_class=Response,
    dependencies=[LimitedByAddress],
    responses={**VIDEO, **answers(Code.LINK_INVALID, *FETCHING, *_PARTS)},
)
async def follow_link(
    job_id: JobId,
    request: Request,
    services: CurrentServices,
    expires: Annotated[int, Query(ge=0, le=2**40, description="When the link ends, in seconds since 1970.")],
    signature: Annotated[str, Query(min_length=1, max_length=100, description="What makes the link this service's.")],
) -> Response:
    """Give the video that a link of `POST /jobs/{job_id}/link` stands for. Needs no key."""
    annotate(job_id=job_id)
    if not services.signer.holds(job_id, expires, signature):
        raise ServiceError(Code.LINK_INVALID, "The link is not one of this service's, or was changed.")
    if expires < utc_now().timestamp():
        ended = datetime.fromtimestamp(expires, UTC).isoformat()
        raise ServiceError(
            Code.LINK_INVALID, f"The link ended at {ended}. Make a new one with POST /jobs/{job_id}/link."
        )
    job = await services.database.read(rows.find, job_id, None)
    if job is None:
        raise ServiceError(Code.JOB_UNKNOWN, f"There is no job {job_id}.", context={"job_id": job_id})
    return await fetch(job, request, services)
