"""How long an answer is waited for: until nobody has had one for a while in which the event loop had time to read it.

A fixed time-out takes a busy loop, or a hundred requests at once, for a Redis that is away. Here only ticks count that
came on time, and that found no answer to anybody since the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

_TICKS: Final = 4
_LATE_SECONDS: Final = 0.002


class Patience:
    """Ends waits by `TimeoutError` after a silence; one for all who wait for the same. For one event loop.

    Args:
        silence: how long nobody may have had an answer, on a loop that is not busy.
        most: the longest wait, whatever the loop does.
    """

    def __init__(self, silence: timedelta, most: timedelta) -> None:
        self.tick = silence.total_seconds() / _TICKS
        self.most = most.total_seconds()
        self.answers = 0

    def heard(self) -> None:
        """Say that an answer came."""
        self.answers += 1

    @asynccontextmanager
    async def wait(self) -> AsyncIterator[None]:
        """Wait in the block."""
        async with asyncio.timeout(None) as timeout:
            watch = _Watch(self, timeout)
            try:
                yield
            finally:
                watch.timer.cancel()


class _Watch:
    """Looks at one wait from tick to tick; most are over before the first."""

    __slots__ = ("_answers", "_began", "_loop", "_patience", "_quiet", "_timeout", "timer")

    def __init__(self, patience: Patience, timeout: asyncio.Timeout) -> None:
        self._patience = patience
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._answers = patience.answers
        self._quiet = 0
        self.timer = self._loop.call_at(self._began + patience.tick, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if self._patience.answers != self._answers:
            self._answers, self._quiet = self._patience.answers, 0
        elif now - self.timer.when() <= _LATE_SECONDS:
            self._quiet += 1
        if self._quiet >= _TICKS or now - self._began >= self._patience.most:
            self._timeout.reschedule(now)
        else:
            self.timer = self._loop.call_at(now + self._patience.tick, self._look)
