"""Where the API asks for quotes; what they are made from is read once in a while."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from app.admission.admit import Applicant, turn_of
from app.admission.order import before, place
from app.admission.pace import pace_of
from app.admission.rules import Rules
from app.database.engine import AsyncDatabase
from app.jobs.job import Job, State
from app.quotes import history
from app.quotes.history import History, Waiting
from app.quotes.quote import Quote, end_in, quote

if TYPE_CHECKING:
    from app.keys.key import Key
    from telemetry.prices import Prices

_FRESH_SECONDS: Final = 2.0


class QuoteDesk:
    """Lives as long as the service."""

    def __init__(self, database: AsyncDatabase, prices: Prices, rules: Rules) -> None:
        self._database = database
        self._prices = prices
        self._rules = rules
        self._history: tuple[float, History] | None = None

    async def offer(self, size: float) -> tuple[Quote, History]:
        """Return what a job should take and cost, and what that is known from; when it ends, its turn says."""
        known = await self.look()
        return quote(size, known, self._prices), known

    async def next(self, size: float, key: Key) -> tuple[Quote, int]:
        """Return the quote of a job that the key's customer would submit now, and its place in the queue."""
        found, known = await self.offer(size)
        seconds = None if found.device_seconds is None else found.device_seconds.seconds
        who = Applicant(key.customer, key.tier, seconds)
        position, ahead = await self._database.read(_outlook, who, known, self._rules)
        end = None if seconds is None else end_in(seconds, known, ahead)
        return replace(found, end_seconds=end), position

    async def end_seconds(self, job: Job) -> float | None:
        """Return the seconds until a job should have ended, None where that is not known or it has ended."""
        if job.state.is_final or job.quoted_gpu_seconds is None:
            return None
        known = await self.look()
        if job.state is State.QUEUED:
            ahead = await self._database.read(history.ahead, before(job.turn, job.created_at, job.id))
            return end_in(job.quoted_gpu_seconds, known, ahead)
        return job.quoted_gpu_seconds * (1 - job.progress) + known.other_seconds

    async def look(self) -> History:
        """Return what is known of past jobs and present workers, a few seconds old at most."""
        moment = time.monotonic()
        if self._history is None or moment - self._history[0] > _FRESH_SECONDS:
            self._history = moment, await self._database.read(history.look)
        return self._history[1]


def _outlook(connection: Connection, who: Applicant, known: History, rules: Rules) -> tuple[int, list[Waiting]]:
    ahead = before(turn_of(connection, who, pace_of(known), rules).begin)
    return place(connection, ahead), history.ahead(connection, ahead)
