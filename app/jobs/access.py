"""Which jobs a key sees, and where they are found."""

from __future__ import annotations

from fastapi import Request

from app.errors import Code, ServiceError
from app.jobs import rows
from app.jobs.job import Job
from app.keys.key import Key
from app.services import Services
from telemetry import annotate


async def job_of(job_id: str, key: Key, services: Services) -> Job:
    """Return the job, if the key's owner may see it."""
    annotate(job_id=job_id)
    job = await services.database.read(rows.find, job_id, seen_by(key))
    if job is None:
        raise ServiceError(Code.JOB_UNKNOWN, f"No job of yours has the id {job_id}.", context={"job_id": job_id})
    return job


def seen_by(key: Key) -> str | None:
    """Return the customer whose jobs the key sees, None for all."""
    return None if key.is_admin else key.customer


def base_url(request: Request, services: Services) -> str:
    """Return where the service is reached, for links in answers."""
    return (services.settings.public_url or str(request.base_url)).rstrip("/")
