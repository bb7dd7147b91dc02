"""Telemetry about telemetry."""

from typing import Final

from telemetry.catalog._metric import Metric

TELEMETRY_BUILD: Final = Metric(
    "plainview_build_info",
    "info",
    "Version of Plainview and name of the service that runs.",
    labels=("version", "service"),
)
SPANS_EXPORTED: Final = Metric("telemetry_spans_exported_total", "counter", "Spans that the trace backend accepted.")
SPANS_DROPPED: Final = Metric(
    "telemetry_spans_dropped_total",
    "counter",
    "Spans lost, by reason (queue_full, export_failed, rejected, shutdown).",
    labels=("reason",),
)
TRACES_KEPT: Final = Metric(
    "telemetry_traces_kept_total",
    "counter",
    "Traces that were not sampled and are exported because they turned out to be worth it, by reason (error, slow).",
    labels=("reason",),
)
SPAN_QUEUE: Final = Metric(
    "telemetry_span_queue_length", "gauge", "Finished spans that wait for export or are on their way.", processes="sum"
)
EXPORT_FAILURES: Final = Metric(
    "telemetry_export_failures_total",
    "counter",
    "Exports of a batch of spans that failed, by error.",
    labels=("error_type",),
)
EXPORT_LAST_SUCCESS: Final = Metric(
    "telemetry_export_last_success_timestamp_seconds",
    "gauge",
    "Unix time of the last export that the trace backend accepted; 0 before the first.",
    unit="seconds",
    processes="max",
)

LOG_LINES: Final = Metric(
    "log_lines_total",
    "counter",
    "Log lines written, by level; access lines apart, which are as many as requests.",
    labels=("level",),
    values={"level": ("debug", "info", "warning", "error", "critical")},
)
LOG_LINES_SUPPRESSED: Final = Metric(
    "telemetry_log_lines_suppressed_total",
    "counter",
    "Warnings and errors that came too often and were counted in one line instead, by level.",
    labels=("level",),
    values={"level": ("debug", "info", "warning", "error", "critical")},
)
TELEMETRY_ERRORS: Final = Metric(
    "telemetry_internal_errors_total",
    "counter",
    "Errors inside telemetry that were caught at its edge, by part; no request fails because of them.",
    labels=("part",),
)
LABELS_DROPPED: Final = Metric(
    "telemetry_label_values_dropped_total",
    "counter",
    "Observations whose label value was shown as `other`: it was new beyond the bound, or outside the label's set.",
    labels=("metric", "label"),
)
TELEMETRY_PROCESSES: Final = Metric(
    "telemetry_processes",
    "gauge",
    "Processes that serve this address and whose figures are added up here.",
    processes="sum",
)
TELEMETRY_PROCESSES_SILENT: Final = Metric(
    "telemetry_processes_silent_total",
    "counter",
    "Times that one of these processes did not answer a scrape in time; its totals are those of its last answer.",
)
TELEMETRY_SCRAPES_REFUSED: Final = Metric(
    "telemetry_scrapes_refused_total",
    "counter",
    "Requests for /metrics without the bearer token that is set, by reason (missing, wrong).",
    labels=("reason",),
    values={"reason": ("missing", "wrong")},
)
