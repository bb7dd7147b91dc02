"""HTTP server.

OpenTelemetry semantic conventions, stable.
"""

from typing import Final

from telemetry.catalog._metric import API_SECONDS, BODY_BYTES, Metric

# Templates come from the app's own code; a large one has some hundreds.
_MOST_ROUTES: Final = 1000

HTTP_REQUEST_DURATION: Final = Metric(
    "http_server_request_duration_seconds",
    "histogram",
    "Time from the first byte of a request to the last byte of its answer, or to the first of an event stream.",
    unit="seconds",
    labels=("http_request_method", "http_route", "http_response_status_code"),
    buckets=API_SECONDS,
    bound=_MOST_ROUTES,
)
HTTP_ACTIVE_REQUESTS: Final = Metric(
    "http_server_active_requests",
    "gauge",
    "Requests being answered now.",
    labels=("http_request_method",),
    processes="sum",
)
HTTP_REQUEST_BODY_SIZE: Final = Metric(
    "http_server_request_body_size_bytes",
    "histogram",
    "Size of request bodies as received.",
    unit="bytes",
    labels=("http_request_method", "http_route"),
    buckets=BODY_BYTES,
    bound=_MOST_ROUTES,
)
HTTP_RESPONSE_BODY_SIZE: Final = Metric(
    "http_server_response_body_size_bytes",
    "histogram",
    "Size of response bodies as sent.",
    unit="bytes",
    labels=("http_request_method", "http_route"),
    buckets=BODY_BYTES,
    bound=_MOST_ROUTES,
)
HTTP_CONNECTIONS: Final = Metric(
    "server_connections", "gauge", "Connections that are open, idle ones too.", processes="sum"
)
HTTP_CONNECTIONS_CUT: Final = Metric(
    "server_connections_cut_total",
    "counter",
    "Connections ended because of what their client did, and requests refused for want of connections, by reason.",
    labels=("reason",),
    values={
        "reason": (
            "broken",
            "large_headers",
            "slow_body",
            "slow_headers",
            "slow_reading",
            "too_many",
            "too_many_of_address",
        )
    },
)
UNHANDLED_EXCEPTIONS: Final = Metric(
    "unhandled_exceptions_total",
    "counter",
    "Exceptions that no handler turned into an answer, by exception class.",
    labels=("error_type",),
)
