"""Leaves a target alone that has failed several times in a row, and then tries it with one delivery.

Each delivery has a back-off of its own; without this a dead target would be tried once for each that is pending, and be
waited for each time. It is no library's breaker: the notifier runs without the service's packages, and in threads.

Series: `circuit_breaker_*{breaker="<target>"}` by `telemetry.meters.BreakerMeter`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from telemetry import catalog
from telemetry.logs import get_logger
from telemetry.meters import BreakerMeter

_log = get_logger(__name__)
_FAILURES: Final = 3
#: A new alert to a target that is back waits no longer than this.
_LONGEST_REST: Final = timedelta(seconds=30)


class TargetBreaker:
    """One target's; used by its delivery loop alone, lives as long as that."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._meter = BreakerMeter(target)
        self._failures = 0
        self._rests_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the target has failed so often that it is left alone between tries."""
        return self._failures >= _FAILURES

    def rest(self, now: float) -> float:
        """Return the seconds until the target may be tried."""
        return max(0.0, min(self._rests_until - now, _LONGEST_REST.total_seconds())) if self.is_open else 0.0

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Try the target in the block, which raises if it fails."""
        if self.is_open:
            self._meter.state("half_open")
        with self._meter.call():
            yield
        if self.is_open:
            _log.info(catalog.Event.BREAKER_CLOSED, breaker=self._target, failures=self._failures)
        self._failures = 0
        self._meter.state("closed")

    def failed(self, now: float, pause: timedelta) -> None:
        """Take note of a failed attempt, after which the delivery itself pauses that long."""
        self._failures += 1
        self._rests_until = now + min(pause, _LONGEST_REST).total_seconds()
        if not self.is_open:
            return
        self._meter.state("open")
        if self._failures == _FAILURES:
            _log.warning(catalog.Event.BREAKER_OPENED, breaker=self._target, failures=self._failures)
