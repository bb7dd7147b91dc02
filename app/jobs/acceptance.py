"""The one transaction that accepts a job: whatever refuses it raises here, and nothing of the job is left."""

from __future__ import annotations

from sqlalchemy import Connection

from app.jobs import rows
from app.jobs.rows import NewJob


def accept(connection: Connection, new: NewJob) -> int:
    """Store the job and return its place in the queue, 1 for the next to run; raises `ServiceError` why not."""
    return rows.add(connection, new)
