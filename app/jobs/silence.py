"""Which workers are dead, told without comparing clocks: those whose heartbeat stands still while this process looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from app.jobs.workers import DEAD_AFTER

#: Longer gaps between two looks than this are no observation: the database was away, for the workers too.
_MOST_BETWEEN_LOOKS: Final = timedelta(seconds=15)


class Silence:
    """Watches heartbeats. A step of the time of day moves them, which is a sign of life; lives as long as the app."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[datetime, float]] = {}
        self._looked_at = clock()

    def among(self, heartbeats: Mapping[str, datetime]) -> list[str]:
        """Return the workers whose heartbeat has been the same in every look for half a minute."""
        moment = self._clock()
        if moment - self._looked_at > _MOST_BETWEEN_LOOKS.total_seconds():
            self._seen.clear()
        self._looked_at = moment
        before, self._seen = self._seen, {}
        for name, beat in heartbeats.items():
            known, since = before.get(name, (beat, moment))
            self._seen[name] = (beat, since if known == beat else moment)
        return [name for name, (_, since) in self._seen.items() if moment - since >= DEAD_AFTER.total_seconds()]
