"""What the span export says about itself.

Series: `telemetry_spans_exported_total`, `telemetry_spans_dropped_total{reason}`, `telemetry_span_queue_length`,
`telemetry_traces_kept_total{reason}`, `telemetry_export_failures_total{error_type}`,
`telemetry_export_last_success_timestamp_seconds`.
"""

import time
from collections.abc import Callable
from typing import Literal

from telemetry import catalog
from telemetry._families import Families

Reason = Literal["queue_full", "export_failed", "rejected", "shutdown"]


class ExportMetrics:
    """Counters of one exporter; all are there from the start, at zero."""

    def __init__(self, families: Families) -> None:
        self._exported = families.counter(catalog.SPANS_EXPORTED)
        self._dropped = families.counter(catalog.SPANS_DROPPED)
        self._kept = families.counter(catalog.TRACES_KEPT)
        self._queue = families.gauge(catalog.SPAN_QUEUE)
        self._failures = families.counter(catalog.EXPORT_FAILURES)
        self._last_success = families.gauge(catalog.EXPORT_LAST_SUCCESS)
        for reason in ("queue_full", "export_failed", "rejected", "shutdown"):
            self._dropped.labels(reason)
        for why in ("error", "slow"):
            self._kept.labels(why)

    def watch(self, queue_length: Callable[[], int]) -> None:
        self._queue.set_function(queue_length)

    def exported(self, spans: int) -> None:
        if spans:
            self._exported.inc(spans)
            self._last_success.set(time.time())

    def dropped(self, spans: int, reason: Reason) -> None:
        if spans:
            self._dropped.labels(reason).inc(spans)

    def failed(self, error_type: str) -> None:
        self._failures.labels(error_type).inc()

    def kept(self, reason: str) -> None:
        self._kept.labels(reason).inc()
