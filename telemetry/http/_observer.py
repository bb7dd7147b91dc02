"""What becomes of a request that was answered: metrics, an access line, and the record of an unhandled exception."""

import traceback
from collections.abc import Callable

from opentelemetry.trace import Span, SpanContext

from telemetry._edge import Edge
from telemetry._secrets import redact
from telemetry.catalog import Event
from telemetry.context import Scope as Fields
from telemetry.http._access import AccessLines
from telemetry.http._red import RedMetrics
from telemetry.http._routes import RouteTemplates
from telemetry.logs import get_logger
from telemetry.logs._setup import mark_logged

_log = get_logger(__name__)


class Observer:
    """Shared by all requests of one app; lives as long as the app."""

    def __init__(
        self,
        red: RedMetrics,
        access: AccessLines,
        routes: RouteTemplates,
        edge: Edge,
        exports: Callable[[SpanContext], bool],
    ) -> None:
        self.red = red
        self.access = access
        self.routes = routes
        self.edge = edge
        self._exports = exports

    def exports(self, span: Span | None) -> bool:
        """Return whether a span that has ended can be looked at by its id."""
        return span is not None and self._exports(span.get_span_context())

    def trouble(self, error: Exception) -> None:
        """Count and log an error of ours. A `with` on the edge costs more than this where nothing goes wrong."""
        with self.edge:
            raise error

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
