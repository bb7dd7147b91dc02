"""Checks that block, each in a thread of its own: the shared threads may be busy just when it matters who is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class InThread(Generic[T]):
    """A check that blocks. One that hangs is waited for again at the next look, never asked a second time meanwhile."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._running: asyncio.Future[T] | None = None

    async def __call__(self) -> T:
        if self._running is None or self._running.done():
            self._running = self._begin(asyncio.get_running_loop())
        return await asyncio.shield(self._running)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[T]:
        found: asyncio.Future[T] = loop.create_future()

        def tell(settle: Callable[[Any], None], what: object) -> None:
            if not found.done():
                settle(what)

        def run() -> None:
            try:
                finding = self._work()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is for who asked
                _say(loop, tell, found.set_exception, error)
            else:
                _say(loop, tell, found.set_result, finding)

        found.add_done_callback(_seen)
        threading.Thread(target=run, name="health-check", daemon=True).start()
        return found


def _say(loop: asyncio.AbstractEventLoop, *call: Any) -> None:
    if not loop.is_closed():  # a check that hung until after the end
        loop.call_soon_threadsafe(*call)


def _seen(found: asyncio.Future[Any]) -> None:
    """Take note of an error that nobody waits for any more."""
    if not found.cancelled():
        found.exception()
