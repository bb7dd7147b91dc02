"""What a quote is made from: jobs that ended well, who works, and what is ahead in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, select

from app.admission.order import IN_ORDER
from app.database.tables import job, worker
from app.database.times import now
from app.jobs.job import State
from app.jobs.workers import DEAD_AFTER
from app.quotes.estimate import Sample
from telemetry.gpu import Device

_MOST_SAMPLES: Final = 100


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers that are there: how many, and the model and device of the newest; others are taken to be alike."""

    workers: int
    model: str
    device: Literal["gpu", "cpu", "simulated"]
    device_name: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that is ahead: the device seconds that it was quoted, None when it was not, and how far it is."""

    quoted_seconds: float | None
    progress: float


@dataclass(frozen=True, slots=True)
class History:
    """One look at the database.

    Attributes:
        crew: None while no worker is there.
        samples: like jobs, the newest first.
        other_seconds: time between start and end of a job that it does not hold the device.
        device: that of the newest worker, also of one that has stopped; None before the first.
    """

    crew: Crew | None
    samples: Sequence[Sample]
    other_seconds: float
    device: Device | None = None


def look(connection: Connection) -> History:
    """Return what is known of the jobs that the present workers, or any, ended well at their first run."""
    crew = _crew(connection)
    query = select(job.c.audio_seconds, job.c.gpu_seconds, job.c.started_at, job.c.finished_at).where(
        job.c.state == State.SUCCEEDED, job.c.attempts == 1, job.c.audio_seconds.is_not(None)
    )
    if crew is not None:
        query = query.where(job.c.model == crew.model, job.c.device == crew.device)
    rows = connection.execute(query.order_by(job.c.finished_at.desc()).limit(_MOST_SAMPLES)).all()
    samples = [Sample(row.audio_seconds, row.gpu_seconds) for row in rows]
    others = sorted(max(0.0, (row.finished_at - row.started_at).total_seconds() - row.gpu_seconds) for row in rows)
    return History(crew, samples, others[len(others) // 2] if others else 0.0, _newest_device(connection))


def ahead(connection: Connection, before: ColumnElement[bool]) -> list[Waiting]:
    """Return the jobs that run, and of those that wait the ones that come `before`, in the order of the queue."""
    query = select(job.c.quoted_gpu_seconds, job.c.progress)
    query = query.where((job.c.state == State.RUNNING) | ((job.c.state == State.QUEUED) & before))
    return [
        Waiting(row.quoted_gpu_seconds, row.progress)
        for row in connection.execute(query.order_by(job.c.state.desc(), *IN_ORDER))
    ]


def _crew(connection: Connection) -> Crew | None:
    alive = worker.c.heartbeat_at > now(connection) - DEAD_AFTER
    query = select(worker).where(worker.c.state == "running", alive).order_by(worker.c.started_at.desc())
    rows = connection.execute(query).all()
    return Crew(len(rows), rows[0].model, rows[0].device, rows[0].device_name) if rows else None


def _newest_device(connection: Connection) -> Device | None:
    # Its price is what work will cost, also while workers are stopped for the night.
    query = select(worker.c.device, worker.c.device_name).order_by(
        worker.c.state != "running", worker.c.started_at.desc()
    )
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else Device(row.device, row.device_name)
