"""What a rate limiter decides.

Series: `rate_limit_decisions_total{limiter,tier,outcome}`, `rate_limit_check_duration_seconds{limiter}`,
`rate_limit_degraded{limiter}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Final

from telemetry import catalog
from telemetry._series import Series, exemplar, quiet

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_PART: Final = "rate_limit"


class RateLimitMeter:
    """Measures one limiter; lives as long as the limiter.

    Args:
        limiter: its name, a label.
        tiers: the tiers that are known now; their counts begin at zero.
        telemetry: where to report; what is current.
    """

    def __init__(self, limiter: str, *, tiers: Iterable[str] = (), telemetry: Telemetry | None = None) -> None:
        self._limiter = limiter
        self._tiers = tuple(tiers)
        self._decisions = Series(catalog.RATE_LIMIT_DECISIONS, telemetry=telemetry)
        self._duration = Series(catalog.RATE_LIMIT_DURATION, limiter, telemetry=telemetry)
        self._degraded = Series(catalog.RATE_LIMIT_DEGRADED, limiter, telemetry=telemetry)
        self._begin()

    def allowed(self, tier: str) -> None:
        """Count a request that may go on."""
        self._decided(tier, "allowed")

    def limited(self, tier: str) -> None:
        """Count a request that is refused for being one too many."""
        self._decided(tier, "limited")

    def unchecked(self, tier: str) -> None:
        """Count a request that went on or was refused because the limiter could not tell."""
        self._decided(tier, "unchecked")

    @quiet(_PART)
    def degraded(self, *, now: bool) -> None:
        """Say whether the limiter works without its shared storage now."""
        self._degraded.now().set(float(now))

    @contextmanager
    def check(self) -> Iterator[None]:
        """Time one decision."""
        began = perf_counter()
        try:
            yield
        finally:
            self._checked(perf_counter() - began)

    @quiet(_PART)
    def _begin(self) -> None:
        self._degraded.now()
        self._duration.now()
        for tier in self._tiers:
            for outcome in ("allowed", "limited"):
                self._decisions.now().labels(self._limiter, tier, outcome)

    @quiet(_PART)
    def _decided(self, tier: str, outcome: str) -> None:
        self._decisions.now().labels(self._limiter, tier, outcome).inc(1, exemplar())

    @quiet(_PART)
    def _checked(self, seconds: float) -> None:
        self._duration.now().observe(seconds, exemplar())
