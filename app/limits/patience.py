"""How long an answer is waited for: until nobody has had one for a while in which the event loop could read it.

A fixed time-out takes a busy loop, or a hundred requests at once, for a Redis that is away. So a wait whose time is up ends
only once the loop has gone round a few times more and read what lies there; and one that finds itself late, as after a
stop of the whole process, first leaves Redis the time to answer what was sent just now.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

#: A command takes seven rounds of the loop, from a connection to its answer.
_ROUNDS: Final = 8
_LATE_SECONDS: Final = 0.002
_EXTRA_SECONDS: Final = 0.005


class Patience:
    """Ends waits by `TimeoutError` after a silence; one for all who wait for the same. For one event loop.

    Args:
        silence: how long nobody may have had an answer, on a loop that is not busy.
        most: the longest wait, whatever the loop does and whoever has answers.
    """

    def __init__(self, silence: timedelta, most: timedelta) -> None:
        self.silence = silence.total_seconds()
        self.most = most.total_seconds()
        self.heard_at = float("-inf")

    def heard(self) -> None:
        """Say that an answer came."""
        self.heard_at = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def wait(self) -> AsyncIterator[None]:
        """Wait in the block."""
        async with asyncio.timeout(None) as timeout:
            watch = _Watch(self, timeout)
            try:
                yield
            finally:
                watch.next_look.cancel()


class _Watch:
    """Looks at one wait when its time is up; most are over long before."""

    __slots__ = ("_began", "_due", "_loop", "_patience", "_rounds", "_timeout", "_was_late", "next_look")

    def __init__(self, patience: Patience, timeout: asyncio.Timeout) -> None:
        self._patience = patience
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._rounds = 0
        self._was_late = False
        self._look_at(self._began + patience.silence)

    def _look_at(self, moment: float) -> None:
        self._due = min(moment, self._began + self._patience.most)
        self.next_look: asyncio.Handle = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        now, due = self._loop.time(), self._patience.heard_at + self._patience.silence
        if now - self._began >= self._patience.most or self._rounds == _ROUNDS:
            self._timeout.reschedule(now)
        elif now < due:
            self._rounds = 0
            self._look_at(due)
        elif now - self._due > _LATE_SECONDS and not self._was_late:
            self._was_late = True
            self._look_at(now + _EXTRA_SECONDS)
        else:
            self._rounds += 1
            self.next_look = self._loop.call_soon(self._look)
