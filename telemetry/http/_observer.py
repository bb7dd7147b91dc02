"""What becomes of a request that was answered: metrics, an access line, and the record of an unhandled exception."""

import traceback
from typing import Any

from telemetry._edge import Edge
from telemetry._secrets import redact
from telemetry.catalog import Event
from telemetry.context import Scope as Fields
from telemetry.http._red import RedMetrics
from telemetry.http._routes import RouteTemplates
from telemetry.logs import Logs, get_logger
from telemetry.logs._setup import mark_logged

_log = get_logger(__name__)


class Observer:
    """Shared by all requests of one app; lives as long as the app."""

    def __init__(self, red: RedMetrics, logs: Logs, routes: RouteTemplates, edge: Edge) -> None:
        self.red = red
        self.routes = routes
        self.edge = edge
        self._logs = logs

    def answered(  # noqa: PLR0913 - the figures of one request
        self,
        fields: Fields,
        *,
        method: str,
        route: str,
        status: int,
        seconds: float,
        received: int,
        sent: int,
        line: dict[str, Any] | None,
        level: int,
    ) -> None:
        span = fields.span.get_span_context() if fields.span else None
        self.red.observe(method, route, status, seconds=seconds, received=received, sent=sent, span=span)
        if line is not None:
            self._logs.access(level, line)

    def unhandled(self, fields: Fields, error: Exception, *, method: str, path: str) -> None:
        """Count, log and put on the span an exception that left the app; its text goes through the secrets filter."""
        self.red.unhandled(error)
        if fields.span is not None and fields.span.is_recording():
            trace = "".join(traceback.format_exception(error))
            fields.span.record_exception(
                error, attributes={"exception.message": redact(str(error)), "exception.stacktrace": redact(trace)}
            )
        _log.error(Event.HTTP_UNHANDLED, method=method, path=path, error_type=type(error).__name__, exc_info=error)
        mark_logged(error)
