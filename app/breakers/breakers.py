"""All breakers of one app, and what health says of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from purgatory.domain.model import Context

from app.breakers.breaker import Breaker
from app.health.findings import Finding

if TYPE_CHECKING:
    from telemetry import Telemetry


class Breakers:
    """Makes breakers and remembers them; lives as long as the process."""

    def __init__(self, telemetry: Telemetry | None = None) -> None:
        self._telemetry = telemetry
        self._made: list[Breaker] = []

    def make(
        self,
        name: str,
        *,
        threshold: int,
        pause: timedelta,
        counts: Callable[[BaseException], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> Breaker:
        """Return a new breaker, closed.

        Args:
            name: what is called, in a word: a label, and a name in health and log.
            threshold: failures in a row that open it.
            pause: how long it stays open before one call is let through.
            counts: whether an exception is a failure; any other shows that what was called is there.
            clock: seconds that only go forward.
        """
        others: list[Any] = [(BaseException, lambda error: not counts(error))]
        circuit = Context(name, threshold, pause.total_seconds(), exclude=others)
        breaker = Breaker(circuit, counts=counts, telemetry=self._telemetry, clock=clock)
        self._made.append(breaker)
        return breaker

    @property
    def made(self) -> Sequence[Breaker]:
        """All that were made."""
        return tuple(self._made)

    async def check(self) -> Finding:
        """Tell which of them do not let calls through."""
        away = [
            f"{breaker.name} is {breaker.state} for {breaker.seconds:.0f} s"
            for breaker in self._made
            if breaker.state != "closed"
        ]
        if away:
            return Finding("degraded", "; ".join(away))
        return Finding("healthy", f"all closed: {', '.join(breaker.name for breaker in self._made) or 'none'}")
