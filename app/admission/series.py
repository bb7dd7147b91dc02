"""Series of the queue: jobs that wait, how long one would wait, and where that ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection

from app.admission.pace import pace_of
from app.admission.rows import held
from app.admission.rules import Rules
from app.gauges import gauge
from app.jobs.job import OPERATION
from app.keys.key import TIERS
from app.quotes import history
from telemetry import catalog


@dataclass(frozen=True, slots=True)
class QueueReading:
    """The queue as one look at the database found it: waiting jobs by tier, seconds, jobs per second."""

    queued: dict[str, int] = field(default_factory=dict)
    expected_wait: float = 0.0
    jobs_per_second: float = 0.0


def read_queue(connection: Connection) -> QueueReading:
    """Return the queue as it is now, as admission sees it."""
    known = history.look(connection)
    pace = pace_of(known)
    queued, seconds = dict.fromkeys(TIERS, 0), 0.0
    for each in held(connection, pace):
        queued[each.tier] = queued.get(each.tier, 0) + each.queued
        seconds += each.seconds
    return QueueReading(queued, seconds / pace.workers, pace.jobs_per_second if known.crew else 0.0)


def families(reading: QueueReading, rules: Rules) -> Iterator[Metric]:
    """Yield the reading as Prometheus reads it."""
    yield gauge(catalog.JOB_QUEUE_DEPTH, {(OPERATION, tier): count for tier, count in reading.queued.items()})
    yield gauge(catalog.JOB_QUEUE_LIMIT, {(OPERATION,): rules.max_jobs})
    yield gauge(catalog.JOB_QUEUE_EXPECTED_WAIT, {(OPERATION,): reading.expected_wait})
    yield gauge(catalog.JOB_QUEUE_WAIT_LIMIT, {(OPERATION,): rules.max_wait})
    yield gauge(catalog.JOB_SERVICE_RATE, {(OPERATION,): reading.jobs_per_second})
