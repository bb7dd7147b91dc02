"""Whether the process was told to stop: it is not ready from then on, and a little later nothing long begins or goes on."""

from __future__ import annotations

import asyncio


class Stopping:
    """Told and begun once each, by the server; between the two requests are still taken. Lives as long as the app."""

    def __init__(self) -> None:
        self.is_told = False
        self._begun = asyncio.Event()

    def tell(self) -> None:
        """Take note that the process is to stop; may be called from anywhere, also from a signal handler."""
        self.is_told = True

    def begin(self) -> None:
        """Tell everything that waits; to be called in the event loop, before requests under way are waited for."""
        self.is_told = True
        self._begun.set()

    @property
    def has_begun(self) -> bool:
        """Whether the process is about to end."""
        return self._begun.is_set()

    async def wait(self) -> None:
        """Return once the process is about to end."""
        await self._begun.wait()
