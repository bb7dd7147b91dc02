"""Whether the process was told to stop: what waits for long ends then, and nothing long begins."""

from __future__ import annotations

import asyncio


class Stopping:
    """Set once, by the server, before it waits for requests under way. Lives as long as the app."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def begin(self) -> None:
        """Tell everything that waits; to be called in the event loop."""
        self._told.set()

    @property
    def has_begun(self) -> bool:
        """Whether the process is about to end."""
        return self._told.is_set()

    async def wait(self) -> None:
        """Return once the process is told to stop."""
        await self._told.wait()
