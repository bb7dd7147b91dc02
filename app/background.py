"""Background loops of the event loop: a task, a stop and an awaited end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)


@asynccontextmanager
async def every(seconds: float, work: Callable[[], Awaitable[object]], *, name: str) -> AsyncIterator[None]:
    """Run `work` at once and then again `seconds` after it ended; an error is logged and does not end the loop."""
    task = asyncio.create_task(_loop(seconds, work, name), name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _loop(seconds: float, work: Callable[[], Awaitable[object]], name: str) -> None:
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - the loop outlives whatever its work meets; the log says what it was
            _log.exception(Event.BACKGROUND_FAILED, task=name)
        await asyncio.sleep(seconds)
