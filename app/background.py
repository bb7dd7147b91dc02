"""Background loops of the event loop: a task, a stop and an awaited end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.meters import BackgroundMeter

_log = get_logger(__name__)
_PATIENCE_SECONDS: Final = 1.0


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
