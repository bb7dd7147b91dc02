"""What the trace store says about itself, read at scrape time.

Emits `tracestore_spans_received_total`, `tracestore_spans_removed_total`, `tracestore_requests_rejected_total`,
`tracestore_size_bytes` and `tracestore_oldest_span_timestamp_seconds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from stack.native.tracestore.errors import BadBody, RequestRefused, TooLarge, Unavailable, UnsupportedMedia
from stack.native.tracestore.store import TraceStore
from telemetry import catalog

# Present from the first scrape on, so that a rate over them has a start.
_REASONS: tuple[type[RequestRefused], ...] = (BadBody, TooLarge, UnsupportedMedia, Unavailable)


class TraceStoreCollector(Collector):
    """Counters and sizes of one store; nothing is kept here. Lives as long as the store."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        store = self._store
        yield CounterMetricFamily(catalog.TRACESTORE_SPANS.name, catalog.TRACESTORE_SPANS.help, value=store.stored)
        yield _by_reason(catalog.TRACESTORE_REMOVED, store.removed)
        yield _by_reason(catalog.TRACESTORE_REJECTED, {kind.reason: 0 for kind in _REASONS} | store.refused)
        size, oldest = catalog.TRACESTORE_SIZE, catalog.TRACESTORE_OLDEST
        yield GaugeMetricFamily(size.name, size.help, value=store.bytes_on_disk)
        yield GaugeMetricFamily(oldest.name, oldest.help, value=store.oldest)


def _by_reason(metric: catalog.Metric, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for reason, count in counts.items():
        family.add_metric([reason], count)
    return family
