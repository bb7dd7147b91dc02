"""Keys from the database, many requests' in one query and one query at a time.

However many requests come with keys that nobody has seen, this process has one connection at work for them; and those
that come with one key at the same moment share one answer.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.database.engine import AsyncDatabase
from app.keys import rows
from app.keys.key import Key
from app.keys.secret import Secret

Clock = Callable[[], float]
_MOST: Final = 500  # in one query


@dataclass(frozen=True, slots=True)
class Found:
    """What the database said about a secret: the key that it opens, None where there is none.

    Attributes:
        asked_at: the monotonic clock before the database was asked; the answer is at least as new.
        moment: the database's time then.
    """

    key: Key | None
    asked_at: float
    moment: datetime
    clock: Clock = time.monotonic

    @property
    def age(self) -> float:
        """Seconds since the database was asked."""
        return self.clock() - self.asked_at

    def now(self) -> datetime:
        """Return the database's time now, as told by the monotonic clock: this host's own may be wrong or be set."""
        return self.moment + timedelta(seconds=self.age)


@dataclass(frozen=True, slots=True)
class _Question:
    secret: Secret
    answer: asyncio.Future[Found]
    context: contextvars.Context


class KeyLookup:
    """Asks the database about secrets. Lives as long as the app."""

    def __init__(self, database: AsyncDatabase, clock: Clock = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[str, _Question] = {}
        self._asking: asyncio.Task[None] | None = None

    async def find(self, secret: Secret) -> Found:
        """Return what the database says about `secret`, asked after this call began.

        Raises:
            SQLAlchemyError: the database did not answer; everybody who waited is told.
        """
        question = self._waiting.get(secret.hash)
        if question is None:
            answer = asyncio.get_running_loop().create_future()
            question = self._waiting[secret.hash] = _Question(secret, answer, contextvars.copy_context())
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name="look keys up")
        return await asyncio.shield(question.answer)

    async def end(self) -> None:
        """Wait for the query that is under way."""
        if self._asking is not None:
            await asyncio.wait({self._asking})

    async def _ask(self) -> None:
        try:
            while self._waiting:
                asked = [self._waiting.pop(hashed) for hashed in list(self._waiting)[:_MOST]]
                # The query belongs to the trace of whoever asked first.
                await asyncio.create_task(self._ask_about(asked), context=asked[0].context)
        finally:
            self._asking = None

    async def _ask_about(self, asked: Sequence[_Question]) -> None:
        began = self._clock()
        try:
            keys, moment = await self._database.read(rows.by_secrets, [question.secret for question in asked])
        except Exception as error:  # noqa: BLE001 - those who wait are told
            for question in asked:
                question.answer.set_exception(error)
                question.answer.exception()  # who waited may be gone
        else:
            for question in asked:
                question.answer.set_result(Found(keys.get(question.secret.hash), began, moment, self._clock))
