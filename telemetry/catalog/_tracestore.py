"""Trace store."""

from typing import Final

from telemetry.catalog._metric import Metric

TRACESTORE_SPANS: Final = Metric(
    "tracestore_spans_received_total", "counter", "Spans stored by the trace store.", source="console"
)
TRACESTORE_REJECTED: Final = Metric(
    "tracestore_requests_rejected_total",
    "counter",
    "OTLP requests that the trace store refused, by reason.",
    labels=("reason",),
    source="console",
)
TRACESTORE_REMOVED: Final = Metric(
    "tracestore_spans_removed_total",
    "counter",
    "Spans removed to stay within the limits of the trace store, by limit (size, age).",
    labels=("reason",),
    source="console",
)
TRACESTORE_SIZE: Final = Metric(
    "tracestore_size_bytes", "gauge", "Size of the trace store on disk.", unit="bytes", source="console"
)
TRACESTORE_OLDEST: Final = Metric(
    "tracestore_oldest_span_timestamp_seconds",
    "gauge",
    "Unix time of the oldest span kept; 0 when empty.",
    unit="seconds",
    source="console",
)
