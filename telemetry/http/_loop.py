"""What keeps requests waiting besides their own work: a busy event loop, and no free thread for blocking handlers.

Series: `event_loop_lag_seconds`, `thread_pool_threads`, `thread_pool_threads_limit`, `thread_pool_waiting`.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from typing import Final

import anyio.to_thread

from telemetry import catalog
from telemetry._families import Families

_SECONDS_BETWEEN: Final = 0.25


class LoopMeter:
    """Measures the loop in which an app is served; lives as long as the app."""

    def __init__(self, families: Families) -> None:
        self._families = families

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Measure the running loop and its thread pool until the block ends."""
        self._show_threads()
        task = asyncio.create_task(self._measure(), name="plainview-event-loop-lag")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _measure(self) -> None:
        lag = self._families.histogram(catalog.EVENT_LOOP_LAG)
        while True:
            due = perf_counter() + _SECONDS_BETWEEN
            await asyncio.sleep(_SECONDS_BETWEEN)
            lag.observe(max(0.0, perf_counter() - due))

    def _show_threads(self) -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        self._families.gauge(catalog.THREAD_POOL_THREADS).set_function(lambda: limiter.borrowed_tokens)
        self._families.gauge(catalog.THREAD_POOL_WAITING).set_function(lambda: limiter.statistics().tasks_waiting)
        if math.isfinite(limiter.total_tokens):
            self._families.gauge(catalog.THREAD_POOL_LIMIT).set_function(lambda: limiter.total_tokens)
