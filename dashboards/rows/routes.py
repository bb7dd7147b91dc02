"""Requests by route, for the app as a whole and for the ten routes that matter most."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import bargauge, stat, timeseries
from dashboards.rows.requests import NO_REQUESTS, REQUESTS
from telemetry import catalog

NO_SOCKETS = "No WebSocket was opened yet"


def now() -> Panel:
    about = About(
        "Request rate",
        "Requests per second over the last five minutes. A drop to zero while callers are busy is bad.",
        unit="reqps",
        empty="No requests in 5 minutes",
    )
    return stat(about, Query(f"{q.rate(REQUESTS, window='5m')} > 0", "requests"), width=4)


def unhandled() -> Panel:
    about = About(
        "Unhandled exceptions",
        "Exceptions of the last hour that no handler turned into an answer. Any is a fault in the app; its log names the trace.",
        unit="short",
        empty="The app is not scraped",
    )
    found = q.counted(q.select(catalog.UNHANDLED_EXCEPTIONS, 'job="api"'), "1h")
    expr = f'{found}\nor\n0 * count(up{{job="api"}} == 1)'
    return stat(about, Query(expr, "exceptions"), steps=look.ZERO_IS_GOOD, decimals=0, width=4)


def latency() -> Panel:
    about = About(
        "Request time p95 by route",
        "95 of 100 requests of five minutes were faster; the ten slowest routes. A route that leaves its usual band alone is where to look.",
        unit="s",
        empty=NO_REQUESTS,
    )
    slow = q.quantile(0.95, catalog.HTTP_REQUEST_DURATION, "http_route", matchers=q.SERVICE, window="5m")
    return timeseries(about, Query(f"topk(10, {slow})", "{{http_route}}"))


def errors() -> Panel:
    about = About(
        "Server errors by route",
        "Answers of five minutes with a status of 500 or more, the ten routes with the most. One route alone points at its code, all at what they share.",
        unit="short",
        empty="No server error yet, or no request",
    )
    matchers = f"{q.SERVICE},{q.SERVER_ERROR}"
    failed = q.counted(q.select(catalog.HTTP_REQUEST_DURATION, matchers, part="count"), "5m", "http_route")
    return timeseries(about, Query(f"topk(10, {failed})", "{{http_route}}"), style="bars", decimals=0)


def busiest() -> Panel:
    about = About(
        "Time spent by route",
        "Seconds of an hour spent answering, the ten routes with the most: where a faster app would come from.",
        unit="s",
        empty=NO_REQUESTS,
    )
    spent = q.counted(q.select(catalog.HTTP_REQUEST_DURATION, q.SERVICE, part="sum"), "1h", "http_route")
    return bargauge(about, Query(f"topk(10, {spent})", "{{http_route}}"))


def sent() -> Panel:
    return _bytes("Bytes sent by route", "Bytes per second of answers", catalog.HTTP_RESPONSE_BODY_SIZE)


def received() -> Panel:
    return _bytes("Bytes received by route", "Bytes per second of request bodies", catalog.HTTP_REQUEST_BODY_SIZE)


def _bytes(title: str, what: str, metric: catalog.Metric) -> Panel:
    about = About(
        title,
        f"{what}, the ten routes with the most. A jump without more requests is a route whose answers or uploads grew.",
        unit="binBps",
        empty=NO_REQUESTS,
    )
    rate = q.rate(q.select(metric, q.SERVICE, part="sum"), "http_route")
    return timeseries(about, Query(f"topk(10, {rate})", "{{http_route}}"))


def connections() -> Panel:
    about = About(
        "WebSockets open",
        "Connections that are open now, by route. A steady climb is clients that never leave, or a close that is not seen.",
        unit="short",
        empty=NO_SOCKETS,
    )
    selector = q.select(catalog.WEBSOCKET_ACTIVE, 'job="api"')
    return timeseries(about, Query(q.total(selector, "http_route"), "{{http_route}}"), decimals=0)


def messages() -> Panel:
    about = About(
        "WebSocket messages",
        "Messages per second on open connections, received and sent. Received without sent means that the app does not answer.",
        unit="ops",
        empty=NO_SOCKETS,
    )
    rate = q.rate(q.select(catalog.WEBSOCKET_MESSAGES, 'job="api"'), "direction")
    return timeseries(about, Query(rate, "{{direction}}"))


def lost() -> Panel:
    about = About(
        "WebSocket ends",
        "Connections that ended in the hour before each point, by how: closed by client or server, lost without a close, or failed in the app.",
        unit="short",
        empty=NO_SOCKETS,
    )
    ended = q.counted(q.select(catalog.WEBSOCKET_DURATION, 'job="api"', part="count"), "1h", "outcome")
    return timeseries(about, Query(ended, "{{outcome}}"), style="bars", decimals=0)
