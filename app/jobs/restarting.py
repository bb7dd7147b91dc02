"""When a worker ends by itself to be started anew: memory ran out, keeps growing, or is more than it may have."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opentelemetry.trace import Span as OtelSpan

from app.jobs.exit_status import Reason
from app.jobs.job import RunOutcome
from app.jobs.worker_identity import Identity
from telemetry import catalog
from telemetry.catalog import Attribute, Event
from telemetry.logs import get_logger
from telemetry.work import Life, resident_bytes

if TYPE_CHECKING:
    from telemetry import Telemetry

_log = get_logger(__name__)


class Restarting:
    """Looks at memory after each run and says whether the worker is to end. Lives as long as the worker.

    Args:
        identity: the worker.
        leak_bytes: what the model's memory may gain over its jobs.
        memory_bytes: main memory that the process may hold after a job; None for no limit.
        stop: is set once the worker is to end.
    """

    def __init__(
        self,
        identity: Identity,
        telemetry: Telemetry,
        stop: threading.Event,
        *,
        leak_bytes: int,
        memory_bytes: int | None,
    ) -> None:
        self.reason: Reason | None = None
        self._identity = identity
        self._place = telemetry.places.of(identity.device)
        self._restarts = telemetry.counter(catalog.WORKER_RESTARTS)
        self._leak_bytes = leak_bytes
        self._memory_bytes = memory_bytes
        self._stop = stop
        for reason in Reason:
            self._restarts.labels(reason=str(reason))

    def look(self, outcome: RunOutcome, span: OtelSpan) -> bool:
        """Return whether the worker takes no more jobs after a run that ended so; the run's span then says why."""
        if self.reason is None and (reason := self._found(outcome)) is not None:
            self.reason = reason
            self._restarts.labels(reason=str(reason)).inc()
            facts = self._facts()
            span.add_event(
                Event.WORKER_RESTARTING,
                {Attribute.RESTART_REASON: str(reason)} | {f"plainview.{name}": value for name, value in facts.items()},
            )
            _log.warning(Event.WORKER_RESTARTING, worker=self._identity.id, reason=str(reason), **facts)
        return self.reason is not None

    def end(self) -> None:
        """Let the worker end, now that nothing runs."""
        self._stop.set()

    def _found(self, outcome: RunOutcome) -> Reason | None:
        if outcome is RunOutcome.OUT_OF_MEMORY:
            return Reason.OUT_OF_MEMORY
        resident = resident_bytes()
        if self._memory_bytes is not None and resident is not None and resident > self._memory_bytes:
            return Reason.MEMORY_LIMIT
        return Reason.LEAK if self._leaking() else None

    def _leaking(self) -> Life | None:
        ours = (life for life in self._place.lives() if life.of_this_process)
        return next((life for life in ours if life.leaks_more_than(self._leak_bytes)), None)

    def _facts(self) -> dict[str, int | float | str]:
        life = self._leaking() or next(iter(self._place.lives()), None)
        known = {
            "resident_bytes": resident_bytes(),
            "leak_bytes_per_job": life.leak_now() if life else None,
            "growth_bytes": life.growth if life else None,
            "memory_source": life.source if life else None,
        }
        return {name: value for name, value in known.items() if value is not None}
