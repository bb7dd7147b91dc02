"""Telemetry about telemetry: spans on their way, scrapes, errors of its own, values that were cut off."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import stat, table, timeseries
from telemetry import catalog

NO_BACKEND = "No trace backend is set"


def spans_lost() -> Panel:
    about = About(
        "Spans lost",
        "Finished spans of the last hour that no trace backend got, over all processes. Any is a hole in some trace: the alert SpansDropped says why.",
        unit="short",
        empty=NO_BACKEND,
    )
    lost = q.counted(q.select(catalog.SPANS_DROPPED), "1h")
    watched = f"0 * sum({catalog.SPANS_EXPORTED.name})"
    return stat(about, Query(f"{lost}\nor\n{watched}", "lost"), steps=look.ZERO_IS_GOOD, decimals=0, width=4, height=8)


def last_export() -> Panel:
    about = About(
        "Oldest last export",
        "Time since the trace backend last took spans, of the process for which it is longest ago. Long while requests come in means that exports fail.",
        unit="s",
        empty="No export has succeeded yet, or no trace backend is set",
    )
    expr = f"time() - min({catalog.EXPORT_LAST_SUCCESS.name} > 0)"
    return stat(about, Query(expr, "ago"), decimals=0, width=4, height=8)


def internal_errors() -> Panel:
    about = About(
        "Telemetry errors",
        "Errors of the last hour inside telemetry that were caught at its edge; no request failed because of them. Anything but 0 is a fault to report.",
        unit="short",
        empty="No part is scraped",
    )
    return stat(
        about,
        Query(_or_none(q.counted(q.select(catalog.TELEMETRY_ERRORS), "1h")), "errors"),
        steps=look.ZERO_IS_GOOD,
        decimals=0,
        width=4,
        height=8,
    )


def slowest_scrape() -> Panel:
    about = About(
        "Slowest scrape",
        "The longest that Prometheus took to read one part. Above 2 s the alert ScrapeSlow fires; at 4 s it gives up and the part looks down.",
        unit="s",
        empty="Prometheus has no targets",
    )
    return stat(about, Query("max(scrape_duration_seconds)", "slowest"), steps=look.rising(1, 2), width=4, height=8)


def spans() -> Panel:
    about = About(
        "Spans by process",
        "Spans per second that the trace backend took. A process that answers requests and exports none has lost its backend.",
        unit="ops",
        empty=NO_BACKEND,
    )
    return timeseries(about, Query(q.rate(q.select(catalog.SPANS_EXPORTED), "job"), "{{job}}"))


def dropped() -> Panel:
    about = About(
        "Spans lost by reason",
        "Spans lost in the hour before each point: queue_full means more spans than exports carry, export_failed a backend that is down, rejected one that refuses them.",
        unit="short",
        empty="None lost so far, or no trace backend is set",
    )
    lost = q.counted(q.select(catalog.SPANS_DROPPED), "1h", "job", "reason")
    return timeseries(about, Query(lost, "{{job}} {{reason}}"), style="bars", decimals=0)


def export_age() -> Panel:
    about = About(
        "Time since the last export",
        "Since the trace backend last took spans, by process. A straight climb while exports fail fires TelemetryExportFailing at the line.",
        unit="s",
        empty="No export has succeeded yet, or no trace backend is set",
    )
    age = f"time() - max by (job) ({catalog.EXPORT_LAST_SUCCESS.name} > 0)"
    return timeseries(about, Query(age, "{{job}}"), Query(q.threshold("TelemetryExportFailing"), "alert above"))


def kept() -> Panel:
    about = About(
        "Traces kept unsampled",
        "Traces per hour that were not sampled and are exported because they failed or were slow. Many while the ratio is low means that much is wrong.",
        unit="short",
        empty="None so far, or every trace is sampled",
    )
    found = q.counted(q.select(catalog.TRACES_KEPT), "1h", "reason")
    return timeseries(about, Query(found, "{{reason}}"), style="bars", decimals=0)


def errors_by_part() -> Panel:
    about = About(
        "Errors of telemetry by part",
        "Errors inside telemetry in the hour before each point, by part. The log line telemetry.failed has the traceback.",
        unit="short",
        empty="None so far",
    )
    found = q.counted(q.select(catalog.TELEMETRY_ERRORS), "1h", "job", "part")
    return timeseries(about, Query(found, "{{job}} {{part}}"), style="bars", decimals=0)


def labels() -> Panel:
    about = About(
        "Label values shown as other",
        "Observations of the last day whose label value was beyond its bound or outside its set. Totals stay right; a label with many is used for what is not a label.",
        unit="short",
        empty="None so far",
    )
    found = q.counted(q.select(catalog.LABELS_DROPPED), "1d", "job", "metric", "label")
    columns = (("metric", "Metric"), ("label", "Label"), ("job", "Process"), ("Value", "Observations"))
    return table(about, Query(f"topk(20, {found} > 0)"), columns, width=16, height=8)


def log_lines() -> Panel:
    about = About(
        "Log lines by level",
        "Lines per minute, access lines apart. A jump of warnings or errors is the first sign of many faults; the log says of which.",
        unit="short",
        empty="No process counts its lines yet",
    )
    per_minute = f"60 * {q.rate(q.select(catalog.LOG_LINES), 'level')}"
    return timeseries(about, Query(per_minute, "{{level}}"), style="stacked")


def suppressed() -> Panel:
    about = About(
        "Log lines held back",
        "Warnings and errors of an hour that came too often and were counted in one line instead. Many means that something fails all the time.",
        unit="short",
        empty="No process counts its lines yet",
    )
    held = q.counted(q.select(catalog.LOG_LINES_SUPPRESSED), "1h", "job")
    return timeseries(about, Query(held, "{{job}}"), style="bars", decimals=0)


def scrape_time() -> Panel:
    about = About(
        "Scrape time by process",
        "How long Prometheus took to read each part. A climb with the number of series is a label that grows; without it the part is busy.",
        unit="s",
        empty="Prometheus has no targets",
    )
    return timeseries(
        about,
        Query("max by (job) (scrape_duration_seconds)", "{{job}}"),
        Query(q.threshold("ScrapeSlow"), "alert above"),
    )


def scrape_size() -> Panel:
    about = About(
        "Series by process",
        "Samples in one scrape of each part. It settles after a while; one that only climbs has a label whose values grow with traffic.",
        unit="short",
        empty="Prometheus has no targets",
    )
    return timeseries(about, Query("sum by (job) (scrape_samples_scraped)", "{{job}}"), decimals=0)


def open_files(width: int = 8) -> Panel:
    about = About(
        "Open files by process",
        "File descriptors and sockets in use. A line that only climbs is a leak and ends at the limit of the process.",
        unit="short",
        empty="Not scraped yet",
    )
    return timeseries(about, Query("sum by (job) (process_open_fds)", "{{job}}"), decimals=0, width=width)


def uptime(width: int = 8) -> Panel:
    about = About(
        "Time since start",
        "How long each process has run; of several of one kind the youngest. A saw tooth is a process that is restarted again and again.",
        unit="s",
        empty="Not scraped yet",
    )
    return timeseries(about, Query("time() - max by (job) (process_start_time_seconds)", "{{job}}"), width=width)


def _or_none(expr: str) -> str:
    """Return 0 where parts are scraped and nothing was counted: the series is made by the first error."""
    return f"{expr}\nor\n0 * count(up == 1)"
