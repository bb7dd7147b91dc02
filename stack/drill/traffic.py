"""Requests at a steady rate, as users would send them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from stack.drill.stand import Stand

_SERVER_ERROR: Final = 500


class Traffic:
    """Sends `GET /jobs` `rate` times a second; the rate may be changed while it runs."""

    def __init__(self, stand: Stand, rate: float) -> None:
        self.rate = rate
        self.answers: Counter[str] = Counter()
        self._stand = stand
        self._answered = asyncio.Condition()

    async def send(self) -> None:
        """Send one request and count its answer."""
        try:
            answer = await self._stand.client.get(f"{self._stand.api}/jobs?limit=1")
            outcome = "failed" if answer.status_code >= _SERVER_ERROR else "answered"
        except httpx.TransportError:
            outcome = "unreachable"
        async with self._answered:
            self.answers[outcome] += 1
            self._answered.notify_all()

    async def until(self, outcome: str, count: int) -> None:
        """Return once `count` more requests had this outcome (answered, failed, unreachable)."""
        wanted = self.answers[outcome] + count
        async with self._answered:
            await self._answered.wait_for(lambda: self.answers[outcome] >= wanted)

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self.send())
                await asyncio.sleep(1 / self.rate)


@asynccontextmanager
async def flowing(stand: Stand, rate: float) -> AsyncIterator[Traffic]:
    """Keep requests coming until the end of the block."""
    traffic = Traffic(stand, rate)
    task = asyncio.create_task(traffic.run())
    try:
        yield traffic
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
