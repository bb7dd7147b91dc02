"""A bound on wrong tokens."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from stack.console.problems import TooManyAttempts
from telemetry.serving.addresses import network_of

_MAX_FAILURES: Final = 10
_WINDOW_SECONDS: Final = 60.0
_MAX_ADDRESSES: Final = 1_000


class Attempts:
    """Counts failed sign-ins by client address over the last minute. Lives as long as the app."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}

    def check(self, address: str) -> None:
        """Return if the address may try now.

        Raises:
            TooManyAttempts: it failed ten times within a minute; says when to come back.
        """
        failures = self._recent(network_of(address))
        if len(failures) >= _MAX_FAILURES:
            seconds = int(failures[0] + _WINDOW_SECONDS - self._clock()) + 1
            message = f"{len(failures)} wrong tokens within a minute: try again in {seconds} s"
            raise TooManyAttempts(message, {"Retry-After": str(seconds)})

    def failed(self, address: str) -> None:
        """Count a wrong token."""
        address = network_of(address)
        failures = self._recent(address)
        failures.append(self._clock())
        self._failures[address] = failures
        while len(self._failures) > _MAX_ADDRESSES:
            self._failures.pop(next(iter(self._failures)))

    def _recent(self, address: str) -> deque[float]:
        failures = self._failures.get(address) or deque(maxlen=_MAX_FAILURES)
        while failures and failures[0] <= self._clock() - _WINDOW_SECONDS:
            failures.popleft()
        return failures
