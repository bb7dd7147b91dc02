"""Checks that ask what costs money, such as an object store."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.health.findings import Check, Finding


class Seldom:
    """A check whose healthy answer is good for `seconds`; anything else is looked into again the next time."""

    def __init__(self, check: Check, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._check = check
        self._seconds = seconds
        self._clock = clock
        self._kept: tuple[float, Finding] | None = None

    async def __call__(self) -> Finding:
        if self._kept is not None and self._clock() < self._kept[0]:
            return self._kept[1]
        finding = await self._check()
        self._kept = (self._clock() + self._seconds, finding) if finding.status == "healthy" else None
        return finding
