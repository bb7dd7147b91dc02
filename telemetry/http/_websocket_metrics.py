"""Handshakes, open connections, their duration and what goes over them.

Series: `websocket_server_handshakes_total`, `websocket_server_active_connections`,
`websocket_server_connection_duration_seconds`, `websocket_server_messages_total`,
`websocket_server_message_bytes_total`.
"""

from typing import Final

from prometheus_client import Counter, Gauge

from telemetry import catalog
from telemetry._families import Families
from telemetry.http._websocket_record import Direction

# RFC 6455 and its registry at IANA. From 3000 on a client may send what it likes.
_REGISTERED: Final = frozenset(range(1000, 1016))
_LIBRARIES: Final = range(3000, 4000)
_APPLICATIONS: Final = range(4000, 5000)


def bounded_code(code: int | None) -> str:
    """Return a registered close code as it is, any other by its range, so that labels stay few."""
    if code is None:
        return "none"
    if code in _REGISTERED:
        return str(code)
    return "3xxx" if code in _LIBRARIES else "4xxx" if code in _APPLICATIONS else "other"


class Traffic:
    """The counters of one route's connections, looked up once for each connection."""

    def __init__(self, families: Families, route: str) -> None:
        messages = families.counter(catalog.WEBSOCKET_MESSAGES)
        size = families.counter(catalog.WEBSOCKET_BYTES)
        self.active: Gauge = families.gauge(catalog.WEBSOCKET_ACTIVE).labels(route)
        self._counters: dict[Direction, tuple[Counter, Counter]] = {
            direction: (messages.labels(route, direction), size.labels(route, direction))
            for direction in ("received", "sent")
        }

    def count(self, direction: Direction, size: int) -> None:
        """Count one message of `size` bytes."""
        messages, total = self._counters[direction]
        messages.inc()
        total.inc(size)


class WebSocketMetrics:
    """The WebSocket families of one process; lives as long as the app."""

    def __init__(self, families: Families) -> None:
        self._families = families
        self._handshakes = families.counter(catalog.WEBSOCKET_HANDSHAKES)
        self._duration = families.histogram(catalog.WEBSOCKET_DURATION)
        self._traffic: dict[str, Traffic] = {}

    def handshake(self, route: str, status: int) -> None:
        self._handshakes.labels(route, str(status)).inc()

    def traffic(self, route: str) -> Traffic:
        if route not in self._traffic:
            self._traffic[route] = Traffic(self._families, route)
        return self._traffic[route]

    def ended(
        self, route: str, outcome: str, code: int | None, seconds: float, exemplar: dict[str, str] | None
    ) -> None:
        """Record one connection that had been accepted."""
        self._duration.labels(route, outcome, bounded_code(code)).observe(seconds, exemplar)
