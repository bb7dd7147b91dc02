"""What must be true once everything runs again: whatever was accepted has ended, once, and whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import httpx
from sqlalchemy import Connection, func, select, text

from app.database.engine import Database
from app.database.tables import job, ledger, run
from app.ledger.timeline import NANO
from tests.app.cluster import Cluster

#: Seconds of a worker that a kill may take out of the ledger: what was not written yet, and a busy machine's slowness.
LOST_BY_KILL = 2.0


def unfinished(connection: Connection) -> int:
    """Return how many jobs have not come to an end."""
    final = ("succeeded", "failed", "cancelled")
    return connection.scalar(select(func.count()).select_from(job).where(job.c.state.not_in(final))) or 0


def settled(database: Database) -> bool:
    """Tell whether every job has ended, and the queue has noted the end of each delivery, which takes it a moment."""
    return database.read(unfinished) == 0 and not database.read(_deliveries)


def broken(database: Database, accepted: Mapping[str, str]) -> Iterator[str]:
    """Tell what is wrong with jobs: `accepted` are the ids that customers were told, by the names of their submits."""
    jobs = {row.id: row for row in database.read(lambda connection: connection.execute(select(job)).all())}
    runs = database.read(lambda connection: connection.execute(select(run)).all())
    for name, job_id in accepted.items():
        if job_id not in jobs:
            yield f"job {job_id} was accepted and is lost"
        elif jobs[job_id].state != "succeeded":
            yield f"job {job_id} is {jobs[job_id].state} ({jobs[job_id].error_code})"
        twins = [row.id for row in jobs.values() if name in row.prompt and row.id != job_id]
        if twins:
            yield f"one submit became several jobs: {[job_id, *twins]}"
    succeeded = Counter(row.job_id for row in runs if row.outcome == "succeeded")
    for job_id, row in jobs.items():
        if row.state == "succeeded" and succeeded[job_id] != 1:
            yield f"job {job_id} succeeded {succeeded[job_id]} times"
    yield from (f"run {row.attempt} of job {row.job_id} is still open" for row in runs if row.ended_at is None)
    yield from database.read(_deliveries)


def _deliveries(connection: Connection) -> list[str]:
    counted = connection.execute(text("SELECT status, count(*) FROM dbos.workflow_status GROUP BY 1")).all()
    return [f"{number} deliveries are {status}" for status, number in counted if status != "SUCCESS"]


def damaged(cluster: Cluster, headers: Mapping[str, str], job_ids: Collection[str], video: bytes) -> Iterator[str]:
    """Tell which results are not whole, asked of one node after the other."""
    with httpx.Client(headers=dict(headers), timeout=30) as client:
        for number, job_id in enumerate(job_ids):
            answer = client.get(f"{cluster.apis[number % len(cluster.apis)].url}/result/{job_id}")
            if answer.status_code != httpx.codes.OK or answer.content != video:
                yield f"result of {job_id}: {answer.status_code}, {len(answer.content)} bytes of {len(video)}"


def misbooked(database: Database, lives: Callable[[], Mapping[str, float]], kills: Mapping[str, int]) -> Iterator[str]:
    """Tell whose seconds do not add up: booked are all that a worker lived, less what kills took, and never more."""
    query = select(ledger.c.worker_id, func.sum(ledger.c.nanoseconds).label("booked")).group_by(ledger.c.worker_id)
    rows: list[Any] = list(database.read(lambda connection: connection.execute(query).all()))
    booked = {row.worker_id: int(row.booked) / NANO for row in rows}
    for worker, seconds in lives().items():
        found, least = booked.get(worker, 0.0), seconds - LOST_BY_KILL * (1 + kills.get(worker, 0))
        if not least <= found <= seconds:
            yield f"{worker} lived {seconds:.1f} s, was killed {kills.get(worker, 0)} times and has {found:.1f} s booked"
