"""Series that the database knows of queue and workers. Read every two seconds, never while a scrape waits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from app.admission.rules import Rules
from app.admission.series import QueueReading, families, read_queue
from app.database.engine import AsyncDatabase
from app.database.tables import job
from app.database.times import now
from app.gauges import exported, gauge
from app.jobs import workers
from app.jobs.job import OPERATION, State
from app.settings import Settings
from telemetry import catalog

if TYPE_CHECKING:
    from telemetry import Telemetry

_SECONDS_BETWEEN: Final = 2.0
_STALE_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Reading:
    """The figures as one look at the database found them."""

    running: int = 0
    oldest_queued_seconds: float = 0.0
    queue: QueueReading = field(default_factory=QueueReading)
    heartbeats: dict[str, datetime] = field(default_factory=dict)
    taken_at: float = 0.0


def read(connection: Connection) -> Reading:
    """Return the figures as they are now."""
    moment = now(connection)
    running = select(func.count()).select_from(job).where(job.c.state == State.RUNNING)
    oldest = connection.scalar(select(func.min(job.c.queued_at)).where(job.c.state == State.QUEUED))
    return Reading(
        running=connection.scalar(running) or 0,
        oldest_queued_seconds=0.0 if oldest is None else max(0.0, (moment - oldest).total_seconds()),
        queue=read_queue(connection),
        heartbeats=workers.heartbeats(connection),
        taken_at=time.monotonic(),
    )


class ServiceSeries(Collector):
    """Shows the last reading; shows nothing once it is stale, for an old figure would pass for a true one."""

    def __init__(self, database: AsyncDatabase, settings: Settings) -> None:
        self._database = database
        self._rules = Rules.of(settings)
        self._reading: Reading | None = None

    async def refresh(self) -> None:
        """Take a reading; the last one is dropped when the database does not answer."""
        try:
            self._reading = await self._database.read(read)
        except BaseException:
            self._reading = None
            raise

    def collect(self) -> Iterable[Metric]:
        reading = self._reading
        if reading is None or time.monotonic() - reading.taken_at > _STALE_SECONDS:
            return
        yield from families(reading.queue, self._rules)
        yield _by_one(catalog.JOB_RUNNING, {OPERATION: reading.running})
        yield _by_one(catalog.JOB_OLDEST_QUEUED, {OPERATION: reading.oldest_queued_seconds})
        yield _by_one(catalog.WORKER_HEARTBEAT, _newest(reading.heartbeats))


def _newest(heartbeats: dict[str, datetime]) -> dict[str, float]:
    """Return the newest heartbeats, as many as the entry allows; the newest of the rest is `other`."""
    newest_first = sorted(((at.timestamp(), worker) for worker, at in heartbeats.items()), reverse=True)
    bound = catalog.WORKER_HEARTBEAT.bound
    return {"other" if place >= bound else worker: at for place, (at, worker) in reversed([*enumerate(newest_first)])}


def _by_one(metric: catalog.Metric, values: Mapping[str, float]) -> GaugeMetricFamily:
    return gauge(metric, {(label,): value for label, value in values.items()})


def service_series(
    database: AsyncDatabase, settings: Settings, telemetry: Telemetry
) -> AbstractAsyncContextManager[ServiceSeries]:
    """Export the series while the block lasts."""
    series = ServiceSeries(database, settings)
    return exported(series, series.refresh, _SECONDS_BETWEEN, telemetry, name="read service series")
