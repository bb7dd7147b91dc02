"""Rate, errors and duration of the service's requests."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query, Row
from dashboards.panels import stat, timeseries
from telemetry import catalog

REQUESTS = q.select(catalog.HTTP_REQUEST_DURATION, q.SERVICE, part="count")
NO_REQUESTS = "No requests yet"


def row() -> Row:
    return Row(
        "Requests",
        (rate(), errors(), latency(), per_hour(), today(), active(), unhandled(), refused_keys()),
    )


def rate() -> Panel:
    about = About(
        "Request rate by route",
        "Requests per second, without scrapes and probes. A drop to zero while callers are busy is bad.",
        unit="reqps",
        empty=NO_REQUESTS,
    )
    return timeseries(about, Query(q.rate(REQUESTS, "http_route"), "{{http_route}}"), style="stacked")


def errors() -> Panel:
    about = About(
        "Error rate by status",
        "Answers per second with a status of 400 or more. 5xx are the service's fault; many 401 or 422 are a caller's.",
        unit="reqps",
        empty="No error answers yet",
    )
    errors = q.select(catalog.HTTP_REQUEST_DURATION, f"{q.SERVICE},{q.ANY_ERROR}", part="count")
    legend = "{{http_response_status_code}}"
    return timeseries(about, Query(q.rate(errors, "http_response_status_code"), legend), style="stacked")


def latency() -> Panel:
    about = About(
        "Request time",
        "Time to the last byte of the answer; the dots are traces. p99 far above p95 means that a few requests suffer.",
        unit="s",
        empty=NO_REQUESTS,
    )
    return timeseries(
        about,
        *(
            Query(q.quantile(quantile, catalog.HTTP_REQUEST_DURATION, matchers=q.SERVICE), legend, exemplars=True)
            for quantile, legend in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
        ),
    )


def per_hour() -> Panel:
    about = About(
        "Requests per hour",
        "Requests in the hour before each point in time, by status class of the answer.",
        unit="short",
        empty=NO_REQUESTS,
    )
    queries = []
    for digit in "2345":
        matchers = f'{q.SERVICE},http_response_status_code=~"{digit}.."'
        selector = q.select(catalog.HTTP_REQUEST_DURATION, matchers, part="count")
        queries.append(Query(q.counted(selector, "1h"), f"{digit}xx"))
    return timeseries(about, *queries, style="stacked", decimals=0)


def today() -> Panel:
    about = About(
        "Requests",
        "Requests in the last hour and the last day.",
        unit="short",
        empty=NO_REQUESTS,
    )
    return stat(
        about,
        Query(q.counted(REQUESTS, "1h"), "last hour"),
        Query(q.counted(REQUESTS, "1d"), "last day"),
        decimals=0,
        width=4,
        height=8,
    )


def active(width: int = 4) -> Panel:
    about = About(
        "Requests in progress",
        "Requests that are being answered now. A steady climb means that answers take longer than requests arrive.",
        unit="short",
        empty=NO_REQUESTS,
    )
    selector = q.select(catalog.HTTP_ACTIVE_REQUESTS, 'job="api"')
    return timeseries(about, Query(q.total(selector), "in progress"), decimals=0, width=width)


def unhandled() -> Panel:
    about = About(
        "Unhandled exceptions",
        "Exceptions that no handler turned into an answer, in the hour before each point. Any is a fault in the service; its log names the trace.",
        unit="short",
        empty="None so far",
    )
    selector = q.select(catalog.UNHANDLED_EXCEPTIONS, 'job="api"')
    return timeseries(
        about, Query(q.counted(selector, "1h", "error_type"), "{{error_type}}"), style="bars", decimals=0, width=4
    )


def refused_keys() -> Panel:
    about = About(
        "Key checks",
        "Checks of API keys per second, by outcome. Many unknown keys from one address may be an attack; many expired ones a forgotten rotation.",
        unit="ops",
        empty="No key was checked yet",
    )
    selector = q.select(catalog.AUTH_ATTEMPTS)
    return timeseries(about, Query(q.rate(selector, "outcome"), "{{outcome}}"), width=4)
