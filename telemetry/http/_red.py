"""Rate, errors, duration and sizes of HTTP requests.

Series: `http_server_request_duration_seconds`, `http_server_request_body_size_bytes`,
`http_server_response_body_size_bytes`, `http_server_active_requests`, `unhandled_exceptions_total`.
"""

from collections.abc import Callable
from typing import Any

from telemetry import catalog
from telemetry._families import Families
from telemetry.http._observations import Observations


class RedMetrics:
    """The HTTP families of one process.

    Children are kept by their labels, since `labels()` costs more than the observation. Method, route and status are
    bounded, so what is kept is bounded too.
    """

    def __init__(self, families: Families) -> None:
        self._duration = families.histogram(catalog.HTTP_REQUEST_DURATION)
        self._received = families.histogram(catalog.HTTP_REQUEST_BODY_SIZE)
        self._sent = families.histogram(catalog.HTTP_RESPONSE_BODY_SIZE)
        self._active = families.gauge(catalog.HTTP_ACTIVE_REQUESTS)
        self._unhandled = families.counter(catalog.UNHANDLED_EXCEPTIONS)
        self._kept: dict[tuple[str, str, int], tuple[Observations, Observations, Observations]] = {}
        self._actives: dict[str, Callable[[float], None]] = {}

    def active(self, method: str) -> Callable[[float], None]:
        """Return what adds to the requests of this method that are being answered."""
        add = self._actives.get(method)
        if add is None:
            child: Any = self._active.labels(method)
            # Past the client's look whether it has its labels.
            add = self._actives[method] = child._value.inc if hasattr(child, "_value") else child.inc  # noqa: SLF001
        return add

    def observe(  # noqa: PLR0913 - the figures of one request
        self,
        method: str,
        route: str,
        status: int,
        *,
        seconds: float,
        received: int,
        sent: int,
        ids: tuple[str, str] | None,
    ) -> None:
        """Record one answered request; `ids` are those of the trace and the span that the exemplar leads to."""
        kept = self._kept.get((method, route, status))
        if kept is None:
            kept = self._kept[method, route, status] = (
                Observations(self._duration.labels(method, route, str(status))),
                Observations(self._received.labels(method, route)),
                Observations(self._sent.labels(method, route)),
            )
        kept[0].observe(seconds, ids)
        kept[1].observe(received)
        kept[2].observe(sent)

    def unhandled(self, error: BaseException) -> None:
        self._unhandled.labels(type(error).__name__).inc()
