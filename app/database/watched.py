"""Calls to the database through a breaker: none takes for ever, none is made while it is away, reads are tried again.

A time-out must not wait for the driver: a cancelled query of psycopg waits ten seconds for a server that is stopped.
So the call is told to end and left to it, and whoever asked has his answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.breakers.breaker import BreakerOpen
from app.breakers.retries import again
from app.database.away import DatabaseAway, is_connection_lost

if TYPE_CHECKING:
    from app.breakers import Breaker

T = TypeVar("T")
Work = Callable[[], Coroutine[Any, Any, T]]

#: How long a call to a database server may take, with a read's second try. A file is bounded by its own busy time-out.
PATIENCE: Final = timedelta(seconds=10)
#: What failing calls leave the database alone for, and what a caller whose time ran out is told to wait.
PAUSE: Final = timedelta(seconds=3)
THRESHOLD: Final = 5
_ENDING_SECONDS: Final = 1.0
_READ_ATTEMPTS: Final = 2
_READ_PAUSE: Final = timedelta(milliseconds=50)


class Watched:
    """Makes calls through `breaker`; lives as long as its database."""

    def __init__(self, breaker: Breaker, *, is_remote: bool) -> None:
        self._breaker = breaker
        self._is_remote = is_remote
        self._ending: set[asyncio.Task[Any]] = set()

    async def write(self, work: Work[T]) -> T:
        """Return what `work` returns; it is done once, for after an error nobody knows whether it was done."""
        return await self._call(work, _now() + PATIENCE.total_seconds())

    async def read(self, work: Work[T]) -> T:
        """Return what `work` returns; it is done again at once where its connection was lost."""
        if not self._is_remote:
            return await self.write(work)
        until = _now() + PATIENCE.total_seconds()
        return await again(
            "database read",
            lambda: self._call(work, until),
            is_connection_lost,
            attempts=_READ_ATTEMPTS,
            pause=_READ_PAUSE,
        )

    async def _call(self, work: Work[T], until: float) -> T:
        try:
            async with self._breaker.call():
                return await (self._in_time(work, until) if self._is_remote else work())
        except BreakerOpen as error:
            raise DatabaseAway(str(error), error.retry_after) from None
        except TimeoutError:
            raise DatabaseAway(f"no answer within {PATIENCE.total_seconds():g} s", int(PAUSE.total_seconds())) from None

    async def _in_time(self, work: Work[T], until: float) -> T:
        task = asyncio.create_task(work())
        try:
            done, _ = await asyncio.wait({task}, timeout=max(0.0, until - _now()))
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task}, timeout=_ENDING_SECONDS)
            self._leave(task)
            raise
        if not done:
            task.cancel()
            self._leave(task)
            raise TimeoutError
        return task.result()

    def _leave(self, task: asyncio.Task[Any]) -> None:
        self._ending.add(task)  # a task that nobody holds may be collected before it ends
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._ending.discard(task)
        if not task.cancelled():
            task.exception()  # was told already


def _now() -> float:
    return asyncio.get_running_loop().time()
