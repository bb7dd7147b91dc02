"""Which version of a job a caller has seen."""

from __future__ import annotations

from hashlib import blake2b

from app.jobs.job import Job
from app.jobs.schemas import view


def version(job: Job, queue_position: int | None) -> str:
    """Return the entity tag of what is said about `job`.

    It is a weak one: when the job should end, which moves all the time, and its energy are no part of it.
    """
    said = view(job, "", queue_position).model_dump_json()
    return f'W/"{blake2b(said.encode(), digest_size=12).hexdigest()}"'
