"""Background loops of the event loop: a task, a stop and an awaited end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.meters import BackgroundMeter

_log = get_logger(__name__)
_PATIENCE_SECONDS: Final = 1.0
_REST: Final = 20


@asynccontextmanager
async def every(seconds: float, work: Callable[[], Awaitable[object]], *, name: str) -> AsyncIterator[None]:
    """Run `work` at once and then again `seconds` after it ended; an error is logged and does not end the loop. `name` is its series' label.

    On leaving, `work` may end what it is at: a query that is cancelled can keep its connection from ever closing.
    """
    stop = asyncio.Event()
    task = asyncio.create_task(_loop(seconds, work, name, stop), name=name)
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def all_tried(*steps: Callable[[], Awaitable[object]]) -> None:
    """Run the steps one after the other; what fails does not keep the rest from being run.

    Raises:
        ExceptionGroup: what failed, once all was tried.
    """
    failed: list[Exception] = []
    for step in steps:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - raised below with the others
            failed.append(error)
    if failed:
        raise ExceptionGroup("not every step could be done", failed)


async def _loop(seconds: float, work: Callable[[], Awaitable[object]], name: str, stop: asyncio.Event) -> None:
    meter = BackgroundMeter(name)
    while not stop.is_set():
        try:
            with meter.run():
                await work()
        except Exception:  # noqa: BLE001 - the loop outlives whatever its work meets; the log says what it was
            _log.exception(Event.BACKGROUND_FAILED, task=name)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


class Rest:
    """Keeps readings that grow long, such as sums over a busy month, to a twentieth of the time.

    Args:
        stale: seconds that a reading is good for beyond the moment at which the next one is due.
        clock: seconds that never step back.
    """

    def __init__(self, stale: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stale = stale
        self._clock = clock
        self._next = self._good_until = clock()

    @property
    def is_over(self) -> bool:
        """Whether it is time for a reading."""
        return self._clock() >= self._next

    @property
    def is_fresh(self) -> bool:
        """Whether the last reading may still be shown."""
        return self._clock() < self._good_until

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Take a reading; the rest that follows is as long as that took, times twenty. After an error there is none."""
        began = self._clock()
        try:
            yield
        except BaseException:
            self._good_until = began
            raise
        ended = self._clock()
        self._next = ended + _REST * (ended - began)
        self._good_until = self._next + self._stale
