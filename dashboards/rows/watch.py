"""Who watches the watchers: targets, processes, telemetry and notifications."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query, Row
from dashboards.panels import stat, table, timeseries
from telemetry import catalog


def row() -> Row:
    return Row(
        "The watchers",
        (
            targets(),
            memory(),
            cpu(),
            spans(),
            span_queue(),
            export_failures(),
            deliveries(),
            notifier(),
            watchdog(),
            trace_store(),
            components(),
            firing(),
        ),
    )


def targets() -> Panel:
    about = About(
        "Parts",
        "Whether Prometheus reaches each part. A part that is down shows nothing anywhere else on this page.",
        unit="none",
        empty="Prometheus has no targets",
    )
    texts = {"0": ("Down", look.BAD), "1": ("Up", look.GOOD)}
    return stat(about, Query("min by (job) (up)", "{{job}}"), steps=look.LOW_IS_BAD, texts=texts, width=8, height=8)


def memory(width: int = 8) -> Panel:
    about = About(
        "Memory by process",
        "Resident memory. A line that only climbs is a leak.",
        unit="bytes",
        empty="Not scraped yet",
    )
    return timeseries(
        about, Query("sum by (job) (process_resident_memory_bytes)", "{{job}}"), style="stacked", width=width
    )


def cpu(width: int = 8) -> Panel:
    about = About(
        "CPU by process",
        "Cores in use. The api near one core answers slower: start a second one.",
        unit="short",
        empty="Not scraped yet",
    )
    return timeseries(about, Query(q.rate("process_cpu_seconds_total", "job"), "{{job}}"), width=width)


def spans() -> Panel:
    about = About(
        "Spans exported and dropped",
        "Spans per second to the trace backend. Any dropped span is a hole in some trace; its process's log says why.",
        unit="ops",
        empty="No trace backend is set",
    )
    return timeseries(
        about,
        Query(q.rate(q.select(catalog.SPANS_EXPORTED)), "exported"),
        Query(q.rate(q.select(catalog.SPANS_DROPPED)), "dropped"),
    )


def span_queue() -> Panel:
    about = About(
        "Spans waiting for export",
        "Finished spans that are not exported yet. At the queue's end spans are dropped.",
        unit="short",
        empty="No trace backend is set",
    )
    return timeseries(about, Query(q.total(catalog.SPAN_QUEUE.name, "job"), "{{job}}"), decimals=0)


def export_failures() -> Panel:
    about = About(
        "Failed exports",
        "Batches of spans that the trace backend did not take, in the hour before each point. Requests are not held up by it.",
        unit="short",
        empty="None so far",
    )
    expr = q.counted(q.select(catalog.EXPORT_FAILURES), "1h", "error_type")
    return timeseries(about, Query(expr, "{{error_type}}"), style="bars", decimals=0)


def deliveries() -> Panel:
    about = About(
        "Notifications",
        "Attempts to deliver in the hour before each point, by outcome. Failed is tried again; abandoned was never delivered.",
        unit="short",
        empty="No notification yet",
    )
    expr = q.counted(q.select(catalog.NOTIFICATION_DELIVERIES), "1h", "outcome")
    return timeseries(about, Query(expr, "{{outcome}}"), style="bars", decimals=0)


def notifier() -> Panel:
    about = About(
        "Who is told",
        "Targets that notifications go to, and deliveries that wait. 0 targets: nobody is told; set PLAINVIEW_NOTIFY_URLS.",
        unit="short",
        empty="The notifier was not scraped yet",
    )
    return stat(
        about,
        Query(f"max({catalog.NOTIFICATION_TARGETS.name})", "targets"),
        Query(f"sum({catalog.NOTIFICATION_PENDING.name})", "pending"),
        decimals=0,
        width=4,
        height=8,
    )


def watchdog() -> Panel:
    about = About(
        "Age of the last watchdog",
        "Time since the alert that always fires came through. Above five minutes no other alert would come through either.",
        unit="s",
        empty="No watchdog has arrived yet",
    )
    expr = f"time() - max({catalog.NOTIFICATION_WATCHDOG.name} > 0)"
    return stat(about, Query(expr, "age"), steps=look.rising(120, 300), decimals=0, width=4, height=8)


def trace_store() -> Panel:
    about = About(
        "Trace store size",
        "Disk taken by the built-in trace store. At its cap the oldest traces go; with another trace backend there is none.",
        unit="bytes",
        empty="The built-in trace store is not in use",
    )
    return timeseries(about, Query(f"sum({catalog.TRACESTORE_SIZE.name})", "size"))


def components() -> Panel:
    about = About(
        "Components",
        "What the service's readiness check last saw. Degraded still serves; unhealthy does not.",
        unit="none",
        empty="Readiness was not checked yet",
    )
    texts = {"0": ("Unhealthy", look.BAD), "0.5": ("Degraded", look.WARN), "1": ("Healthy", look.GOOD)}
    expr = f"min by (component) ({catalog.HEALTH_COMPONENT.name})"
    return stat(about, Query(expr, "{{component}}"), steps=look.falling(0.5, 1), texts=texts, width=8, height=6)


def firing() -> Panel:
    about = About(
        "Alerts firing now",
        "One line for each alert that fires, the watchdog apart.",
        unit="none",
        empty="No alert fires",
    )
    expr = 'count by (alertname, severity) (ALERTS{alertstate="firing",alertname!="Watchdog"})'
    columns = (("alertname", "Alert"), ("severity", "Severity"), ("Value", "Firing"))
    return table(about, Query(expr), columns, width=16)
