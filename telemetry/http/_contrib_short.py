"""A short way through OpenTelemetryMiddleware: it is handed what it would look for.

The middleware decodes all headers for each one that it wants, builds the URL twice, sets every attribute twice and
gathers attributes for metrics that nobody records. Here it gets a scope in which there is nothing to find but the
headers that carry a trace; what is known of the request comes with the span's name; status and end of the span are left
to the layer within, which has the server's own `receive` and `send`. The span is still the instrumentation's: it
decides on parent and kind, begins it with its tracer and makes it the current one.

A rehearsal, when the app is built, goes both ways. Where the spans differ, as with another version they may, requests
go the long way: as true, and slower.
"""

from collections.abc import Awaitable
from typing import Any, Final, NamedTuple

from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.metrics import NoOpMeter
from opentelemetry.propagate import get_global_textmap
from opentelemetry.trace import Span, Tracer
from starlette.types import ASGIApp, Receive, Scope, Send

from telemetry.http._captured_headers import response_propagator
from telemetry.http._request import SPAN
from telemetry.http._request_attributes import request_attributes
from telemetry.http._span_details import first_name
from telemetry.traces import LayeredAttributes

_REQUEST: Final = "plainview.request"


class _Request(NamedTuple):
    scope: Scope
    receive: Receive
    send: Send
    attributes: LayeredAttributes


class _NoPort(int):
    """A port that leaves no attribute, and none in the address that it would be written after."""

    def __str__(self) -> str:
        return "80"


_NOWHERE: Final = ("", _NoPort())


class _Name(str):
    """A span's name that brings the attributes along."""

    __slots__ = ("attributes",)
    attributes: LayeredAttributes


class _Unpacking(Tracer):
    """Begins spans with what their names bring."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(self, name: str, *args: Any, **kwargs: Any) -> Span:
        if type(name) is _Name:
            kwargs["attributes"] = name.attributes
            name = str(name)
        return self._tracer.start_span(name, *args, **kwargs)

    def start_as_current_span(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._tracer.start_as_current_span(name, *args, **kwargs)


class ShortWay:
    """Takes requests to the middleware, in front of which it stands, and to `within`, which ends their spans."""

    def __init__(self, spans: OpenTelemetryMiddleware, within: ASGIApp) -> None:
        self._spans: ASGIApp = spans
        self._within = within
        self._long: ASGIApp = spans.app
        self._details: Any = spans.default_span_details
        self._hook: Any = spans.server_request_hook
        self._carriers = frozenset(name.lower().encode() for name in get_global_textmap().fields)
        spans.app = self._app
        spans.tracer = _Unpacking(spans.tracer)
        spans.default_span_details = self._named
        spans.server_request_hook = self._begun

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return the answering of an HTTP request."""
        if response_propagator() is not None:  # it adds headers to the answer, in the middleware's own `send`
            return self._spans(scope, receive, send)
        attributes, carriers = request_attributes(scope, self._carriers)
        request = _Request(scope, receive, send, attributes)
        return self._spans({"type": "http", "headers": carriers, "server": _NOWHERE, _REQUEST: request}, receive, send)

    def _app(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        request: _Request | None = scope.get(_REQUEST)
        if request is None:
            return self._long(scope, receive, send)
        return self._within(request.scope, request.receive, request.send)

    def _named(self, scope: Scope) -> tuple[str, dict[str, Any]]:
        request: _Request | None = scope.get(_REQUEST)
        if request is None:
            details: tuple[str, dict[str, Any]] = self._details(scope)
            return details
        name = _Name(first_name(request.scope))
        name.attributes = request.attributes
        return name, {}

    def _begun(self, span: Span, scope: Scope) -> None:
        request: _Request | None = scope.get(_REQUEST)
        if request is None:
            self._hook(span, scope)
        else:
            request.scope[SPAN] = span


def is_open(spans: OpenTelemetryMiddleware) -> bool:
    """Return whether the middleware has nothing to do for which it must see the request or the answer itself."""
    excluded: Any = spans.excluded_urls
    return (
        isinstance(spans.meter, NoOpMeter)
        and spans.exclude_receive_span
        and spans.exclude_send_span
        and not getattr(excluded, "_excluded_urls", excluded)
        and not (spans.http_capture_headers_server_request or spans.http_capture_headers_server_response)
    )
