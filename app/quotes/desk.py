"""Where the API asks for quotes; what they are made from is read once in a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from app.database.engine import AsyncDatabase
from app.jobs import rows
from app.jobs.job import Job, State
from app.quotes import history
from app.quotes.history import History
from app.quotes.quote import Quote, end_in, quote

if TYPE_CHECKING:
    from telemetry.prices import Prices

_FRESH_SECONDS: Final = 2.0


class QuoteDesk:
    """Lives as long as the service."""

    def __init__(self, database: AsyncDatabase, prices: Prices) -> None:
        self._database = database
        self._prices = prices
        self._history: tuple[float, History] | None = None

    async def next(self, size: float) -> tuple[Quote, int]:
        """Return the quote of a job that would be submitted now, and its place in the queue."""
        ahead = await self._database.read(history.ahead)
        waiting = await self._database.read(rows.waiting)
        return quote(size, await self._look(), ahead, self._prices), waiting + 1

    async def end_seconds(self, job: Job) -> float | None:
        """Return the seconds until a job should have ended, None where that is not known or it has ended."""
        if job.state.is_final or job.quoted_gpu_seconds is None:
            return None
        known = await self._look()
        if job.state is State.QUEUED:
            ahead = await self._database.read(history.ahead, job.id)
            return end_in(job.quoted_gpu_seconds, known, ahead)
        return job.quoted_gpu_seconds * (1 - job.progress) + known.other_seconds

    async def _look(self) -> History:
        moment = time.monotonic()
        if self._history is None or moment - self._history[0] > _FRESH_SECONDS:
            self._history = moment, await self._database.read(history.look)
        return self._history[1]
