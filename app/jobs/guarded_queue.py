"""The job queue as the event loop calls it: behind a breaker, each call in time, its threads apart from all others.

What is not done now is done later: a request goes on without the queue, and the reconciler delivers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from app.database.watched import PATIENCE
from app.health.threads import InThread
from app.jobs.queue import JobQueue

if TYPE_CHECKING:
    from app.breakers import Breaker

T = TypeVar("T")

# What hangs is left to end by itself, and must not keep uploads and results from the threads that they need.
_MOST_THREADS: Final = 8


class GuardedQueue:
    """Calls `plain` through a breaker; lives as long as the app.

    Its methods are those of `JobQueue`, and may raise `BreakerOpen` for a call that was not made and `TimeoutError` for
    one of which nobody knows whether it was done.

    Attributes:
        plain: the queue itself, for those who may block.
    """

    def __init__(self, plain: JobQueue, breaker: Breaker) -> None:
        self.plain = plain
        self._breaker = breaker
        self._threads = CapacityLimiter(_MOST_THREADS)
        self._check = InThread(plain.check)

    async def enqueue(self, job_id: str, turn: int | None) -> None:
        """Hand the job to the workers."""
        await self._call(self.plain.enqueue, job_id, turn)

    async def cancel(self, job_id: str) -> None:
        """Take a queued job out of the queue."""
        await self._call(self.plain.cancel, job_id)

    async def states(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Return the queue's own state of each id that it knows."""
        return await self._call(self.plain.states, job_ids)

    async def reclaim(self, worker_id: str) -> list[str]:
        """Put the jobs that a dead worker held back into the queue and return their ids."""
        return await self._call(self.plain.reclaim, worker_id)

    async def restart(self, job_id: str, turn: int | None) -> bool:
        """Deliver a job again whose delivery ended or was lost; False when another node has done so by now."""
        return await self._call(self.plain.restart, job_id, turn)

    async def forget_finished(self, before: str) -> int:
        """Delete the records of deliveries that ended before `before`; return how many went."""
        return await self._call(self.plain.forget_finished, before)

    async def round_trip(self, name: str) -> None:
        """Put a message in, find it and take it out."""
        await self._call(self.plain.round_trip, name)

    async def check(self) -> None:
        """Raise what keeps the queue's database from answering; while it hangs it is not asked a second time."""
        async with self._breaker.call():
            await self._check()

    async def _call(self, work: Callable[..., T], *arguments: Any) -> T:
        async with self._breaker.call(within=PATIENCE):
            return await anyio.to_thread.run_sync(work, *arguments, abandon_on_cancel=True, limiter=self._threads)
