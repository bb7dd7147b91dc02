"""Whether the traces of this process arrive: what was dropped or failed lately."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.health.findings import Finding
from telemetry import catalog

if TYPE_CHECKING:
    from telemetry import Telemetry

_LATELY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Totals:
    at: float
    dropped: float
    failed: float
    exported: float


class ExportCheck:
    """Compares the export's own counters with those of a minute ago. Lives as long as the app."""

    def __init__(self, telemetry: Telemetry, clock: Callable[[], float] = time.monotonic) -> None:
        self._telemetry = telemetry
        self._clock = clock
        self._seen: deque[_Totals] = deque()

    async def __call__(self) -> Finding:
        now = _Totals(
            self._clock(),
            self._total(catalog.SPANS_DROPPED),
            self._total(catalog.EXPORT_FAILURES),
            self._total(catalog.SPANS_EXPORTED),
        )
        while len(self._seen) > 1 and self._seen[1].at < now.at - _LATELY_SECONDS:
            self._seen.popleft()
        before = self._seen[0] if self._seen else _Totals(now.at, 0, 0, 0)
        self._seen.append(now)
        if dropped := now.dropped - before.dropped:
            return Finding("degraded", f"{dropped:.0f} spans were lost in the last minute")
        if now.failed > before.failed and now.exported == before.exported:
            return Finding("degraded", "spans cannot be delivered; they wait")
        return Finding("healthy", "spans are delivered" if now.exported else "nothing has had to be delivered yet")

    def _total(self, metric: catalog.Metric) -> float:
        (family,) = self._telemetry.counter(metric).collect()
        return sum(sample.value for sample in family.samples if sample.name.endswith("_total"))
