"""Makes queue and rows agree again after something died between two steps; runs on every API node.

- a row that was accepted and never reached the queue is enqueued;
- a job that a dead worker held is given to the next one;
- a job that the queue is through with, or lost, though it never came to an end, is delivered once more;
- a job that is joined to one which has ended without telling it is ended, or queued.

The worker that gets such a job settles the rest: it closes the lost run, and gives up or cancels where that is due.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from app.background import all_tried, every
from app.database.engine import AsyncDatabase
from app.jobs import rows, workers
from app.jobs.guarded_queue import GuardedQueue
from app.jobs.silence import Silence
from app.repeats import generations
from telemetry import catalog, counted
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_SECONDS_BETWEEN: Final = 5.0
_ENQUEUE_AFTER: Final = timedelta(seconds=5)
_RECONCILED: Final = {
    action: counted(catalog.JOB_RECONCILED, action=action) for action in catalog.JOB_RECONCILED.values["action"]
}
_STILL_DELIVERING: Final = frozenset({"ENQUEUED", "PENDING", "DELAYED"})


class Reconciler:
    """One pass over rows and queue; passes of several nodes may overlap, each step is safe to repeat."""

    def __init__(self, database: AsyncDatabase, queue: GuardedQueue, silence: Silence | None = None) -> None:
        self._database = database
        self._queue = queue
        self._silence = silence or Silence()
        self._suspects: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Make one pass.

        Raises:
            ExceptionGroup: what failed, once all was tried.
        """
        await all_tried(self._land_stranded, self._enqueue_missing, self._take_over, self._deliver_again)

    async def _land_stranded(self) -> None:
        for row in await self._database.read(generations.stranded):
            await self._database.write(generations.land, rows.as_job(row))
            _RECONCILED["landed_late"].add()
            _log.warning(Event.JOB_LANDED_LATE, job_id=row.id)

    async def _enqueue_missing(self) -> None:
        for job_id, turn in await self._database.read(rows.not_enqueued, _ENQUEUE_AFTER):
            await self._queue.enqueue(job_id, turn)
            await self._database.write(rows.mark_enqueued, job_id)
            _RECONCILED["enqueued_late"].add()
            _log.warning(Event.JOB_ENQUEUED_LATE, job_id=job_id)

    async def _take_over(self) -> None:
        for worker_id in self._silence.among(await self._database.read(workers.may_hold_jobs)):
            for job_id in await self._queue.reclaim(worker_id):
                _RECONCILED["taken_over"].add()
                _log.warning(Event.JOB_TAKEN_OVER, job_id=job_id, worker=worker_id)

    async def _deliver_again(self) -> None:
        unfinished = {job.id: job.turn for job in await self._database.read(rows.unfinished)}
        if not unfinished:
            self._suspects = frozenset()
            return
        states = await self._queue.states(list(unfinished))
        ended = frozenset(job_id for job_id in unfinished if states.get(job_id) not in _STILL_DELIVERING)
        # A job that ended between the two looks is not a case: only what both passes saw is.
        for job_id in ended & self._suspects:
            if await self._queue.restart(job_id, unfinished[job_id]):
                _RECONCILED["delivered_again"].add()
                _log.warning(Event.JOB_DELIVERED_AGAIN, job_id=job_id, delivery=states.get(job_id, "lost"))
        self._suspects = ended


@asynccontextmanager
async def reconciling(database: AsyncDatabase, queue: GuardedQueue) -> AsyncIterator[None]:
    """Keep rows and queue in agreement while the block lasts."""
    for reconciled in _RECONCILED.values():
        reconciled.add(0)
    async with every(_SECONDS_BETWEEN, Reconciler(database, queue).run, name="reconcile jobs"):
        yield
