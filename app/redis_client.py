"""A Redis client whose commands each end in time, all of one together: a connection, an answer, a second try."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import TimeoutError as NoAnswer


class BoundedRedis(Redis):
    """Raises `redis.TimeoutError` for a command that takes longer than `seconds`.

    To be used without a `socket_timeout`: the client then sends by `asyncio.wait_for`, which up to Python 3.11 loses a
    cancellation that comes with its answer (python/cpython#86296), and whoever gave up waits for that time-out after all.
    """

    def __init__(self, seconds: float, **options: Any) -> None:
        super().__init__(**options)
        self._seconds = seconds

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Return the answer to a command."""
        try:
            async with asyncio.timeout(self._seconds):
                return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # has no types
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {self._seconds:g} s") from error
