"""What the log says of callers that ask too often: a line when it begins, and one a minute while it goes on."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.limits.standing import Standing
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_SECONDS: Final = 60.0
_MOST_KEPT: Final = 1000


@dataclass(slots=True)
class _Told:
    until: float
    untold: int = 0


class Refusals:
    """Logs refusals, folded by caller and limit; lives as long as its limiter."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: OrderedDict[tuple[str, str], _Told] = OrderedDict()

    def note(self, caller: str, tier: str, standing: Standing) -> None:
        """Log a refusal, or count it for the next line. The customer is in the line's context, the address in no line."""
        left = standing.tightest
        key, now = (caller, left.policy.name), self._clock()
        told = self._told.get(key)
        if told is not None and now < told.until:
            told.untold += 1
            return
        self._told[key] = _Told(now + _SECONDS)
        self._told.move_to_end(key)
        if len(self._told) > _MOST_KEPT:
            self._told.popitem(last=False)
        _log.warning(
            Event.RATE_LIMITED,
            caller=caller,
            tier=tier,
            limit=left.policy.name,
            amount=left.policy.amount,
            window_seconds=left.policy.window_seconds,
            retry_seconds=standing.retry_after,
            refused_before=told.untold if told is not None else 0,
        )
