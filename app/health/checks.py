"""Component checks: run together, each with its own time-out, the answer kept for a second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.gauges import exported, gauge
from app.health.findings import Check, Finding, Status
from app.stopping import Stopping
from telemetry import catalog
from telemetry.catalog import Event
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from telemetry import Telemetry

_log = get_logger(__name__)
_LEVELS: Final[Mapping[Status, int]] = {
    "healthy": logging.INFO,
    "degraded": logging.WARNING,
    "unhealthy": logging.ERROR,
}
_VALUES: Final[Mapping[Status, float]] = {"healthy": 1.0, "degraded": 0.5, "unhealthy": 0.0}
_TIMEOUT: Final = 2.0
#: Requests are answered without them, whatever keeps them from telling how they are.
_NOT_NEEDED: Final = frozenset({"redis", "worker", "gpu", "telemetry", "breakers"})
_KEPT_SECONDS: Final = 1.0
_SECONDS_BETWEEN: Final = 2.0
_STALE_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Component:
    """The state of one part, and how long it took to find out."""

    name: str
    status: Status
    message: str
    duration_seconds: float
    detail: str = ""


#: What makes a process not ready that was told to stop, for as long as it still answers.
_LEAVING: Final = Component("shutdown", "unhealthy", "told to stop; what still comes is answered", 0.0)


@dataclass(frozen=True, slots=True)
class Report:
    """The state of all parts."""

    components: tuple[Component, ...]

    @property
    def status(self) -> Status:
        """The worst of the parts."""
        return min((part.status for part in self.components), key=_VALUES.__getitem__, default="healthy")

    @property
    def is_ready(self) -> bool:
        """Whether requests can be answered; a degraded part does not keep them out."""
        return self.status != "unhealthy"


class Health(Collector):
    """Asks the parts on demand; exports what it last found, nothing once that is old. Lives as long as the app.

    Args:
        checks: the parts.
        stopping: that the process was told to stop makes it not ready at once.
        kept_seconds: how long an answer is given again.
    """

    def __init__(
        self, checks: Mapping[str, Check], stopping: Stopping | None = None, *, kept_seconds: float = _KEPT_SECONDS
    ) -> None:
        self._checks = checks
        self._stopping = stopping or Stopping()
        self._kept_seconds = kept_seconds
        self.has_been_ready = False
        self._lock = asyncio.Lock()
        self._report: Report | None = None
        self._taken_at = 0.0
        self.began = time.monotonic()

    async def report(self) -> Report:
        """Return the state of all parts, not older than it may be; that the process was told to stop at once."""
        if self._stopping.is_told:
            return Report((_LEAVING, *(self._report.components if self._report else ())))
        async with self._lock:
            if self._report is None or time.monotonic() - self._taken_at > self._kept_seconds:
                parts = await asyncio.gather(*(_ask(name, check) for name, check in self._checks.items()))
                _tell(self._report, parts)
                self._report, self._taken_at = Report(tuple(parts)), time.monotonic()
                self.has_been_ready |= self._report.is_ready
            return self._report

    def collect(self) -> Iterable[Metric]:
        fresh = time.monotonic() - self._taken_at < _STALE_SECONDS
        parts = self._report.components if self._report and fresh else ()
        yield gauge(catalog.HEALTH_COMPONENT, {(part.name,): _VALUES[part.status] for part in parts})


def health_of(
    checks: Mapping[str, Check], telemetry: Telemetry, stopping: Stopping
) -> AbstractAsyncContextManager[Health]:
    """Give the health of these parts, looked at every two seconds and exported while the block lasts."""
    health = Health(checks, stopping)
    return exported(health, health.report, _SECONDS_BETWEEN, telemetry, name="check health")


def _tell(before: Report | None, now: Iterable[Component]) -> None:
    """Log each part whose state is another than it was; at first, those that are not healthy."""
    known = {part.name: part.status for part in before.components} if before else {}
    for part in now:
        if part.status != known.get(part.name, "healthy"):
            _log.log(
                _LEVELS[part.status],
                Event.HEALTH_CHANGED,
                component=part.name,
                status=part.status,
                message=part.message,
            )


async def _ask(name: str, check: Check) -> Component:
    began = time.monotonic()
    at_worst: Status = "degraded" if name in _NOT_NEEDED else "unhealthy"
    try:
        async with asyncio.timeout(_TIMEOUT):
            found = await check()
    except TimeoutError:
        found = Finding(at_worst, f"no answer within {_TIMEOUT:g} s")
    except Exception as error:  # noqa: BLE001 - whatever keeps a part from answering makes it unhealthy
        found = Finding(at_worst, "does not answer as it should", type(error).__name__)
        _log.warning(Event.HEALTH_CHECK_FAILED, component=name, error_type=type(error).__name__, error=str(error))
    return Component(name, found.status, found.message, round(time.monotonic() - began, 4), found.detail)
