"""WebSockets.

OpenTelemetry has no convention for these yet. A connection counts from the accepted handshake to its close;
`close_code` is a code of RFC 6455, `3xxx` or `4xxx` for those of libraries and applications, or `none`; `direction` is
`received` (from the client) or `sent`.
"""

from typing import Final

from telemetry.catalog._metric import CONNECTION_SECONDS, Metric

WEBSOCKET_HANDSHAKES: Final = Metric(
    "websocket_server_handshakes_total",
    "counter",
    "Answered handshakes, by the HTTP status of the answer: 101 is a connection.",
    labels=("http_route", "http_response_status_code"),
)
WEBSOCKET_ACTIVE: Final = Metric(
    "websocket_server_active_connections",
    "gauge",
    "Connections that are open now.",
    labels=("http_route",),
    processes="sum",
)
WEBSOCKET_DURATION: Final = Metric(
    "websocket_server_connection_duration_seconds",
    "histogram",
    "Time from handshake to close, by who closed (client, server), or lost without a close, or failed.",
    unit="seconds",
    labels=("http_route", "outcome", "close_code"),
    buckets=CONNECTION_SECONDS,
)
WEBSOCKET_MESSAGES: Final = Metric(
    "websocket_server_messages_total",
    "counter",
    "Messages on accepted connections.",
    labels=("http_route", "direction"),
)
WEBSOCKET_BYTES: Final = Metric(
    "websocket_server_message_bytes_total",
    "counter",
    "Bytes in those messages; text counts as UTF-8, before compression.",
    unit="bytes",
    labels=("http_route", "direction"),
)
