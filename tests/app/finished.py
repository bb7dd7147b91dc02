"""A job that has ended well, without a worker: its row and its video."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, update

from app.database.engine import open_database
from app.database.tables import job
from app.database.times import now
from app.jobs import rows
from app.jobs.files import JobFiles
from app.jobs.job import State
from app.jobs.rows import NewJob
from app.settings import Settings


def finished_job(settings: Settings, customer: str, video: bytes = b"video" * 1000) -> str:
    """Put a finished job of `customer` into the service's database and its video where results are; return its id."""
    job_id = uuid.uuid4().hex
    files = JobFiles(settings.data)
    files.prepare()
    files.result(f"{job_id}.mp4").write_bytes(video)

    def put(connection: Connection) -> None:
        rows.add(connection, NewJob(job_id, customer, "key", "standard", "hello", None, None))
        ended = {"state": State.SUCCEEDED, "progress": 1.0, "attempts": 1, "finished_at": now(connection)}
        result = {"result_name": f"{job_id}.mp4", "result_bytes": len(video)}
        connection.execute(update(job).where(job.c.id == job_id).values(**ended, **result))

    with open_database(settings.database) as database:
        database.write(put)
    return job_id
