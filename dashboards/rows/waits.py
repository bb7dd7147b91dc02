"""What requests wait for besides their own code: the event loop, the database, other services."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import timeseries
from telemetry import catalog


def event_loop(width: int = 8) -> Panel:
    about = About(
        "Event loop lag p99",
        "By how much the event loop was late: every request waits that long besides its own work. Above 100 ms a handler blocks it.",
        unit="s",
        empty="No process measures it yet",
    )
    return timeseries(about, Query(q.quantile(0.99, catalog.EVENT_LOOP_LAG, "job"), "{{job}}"), width=width)


def database() -> Panel:
    about = About(
        "Database time p95",
        "95 of 100 database operations were faster, by operation. Slow ones with fast requests are in the background.",
        unit="s",
        empty="No database operation was measured yet",
    )
    slow = q.quantile(0.95, catalog.DB_OPERATION_DURATION, "db_operation_name", matchers='job="api"')
    return timeseries(about, Query(f"topk(10, {slow})", "{{db_operation_name}}"))


def outbound() -> Panel:
    about = About(
        "Time of calls to others p95",
        "95 of 100 outbound HTTP calls were faster, by server: the ten slowest. A route that got slow with one of these is waiting for it.",
        unit="s",
        empty="No outbound call was measured yet",
    )
    slow = q.quantile(0.95, catalog.HTTP_CLIENT_DURATION, "server_address", matchers='job="api"')
    return timeseries(about, Query(f"topk(10, {slow})", "{{server_address}}"))
