"""Server spans from a middleware of our own, on the same SDK.

They are equal to those of opentelemetry-instrumentation-fastapi, with the corrections that those get, attribute for
attribute; a contract test runs one table of requests against both. What is saved is work done twice: each attribute is
set once, headers are walked once, no metrics are gathered for nobody, and `Exchange` completes and ends the span, which
needs no wrapper around `send` of its own.
"""

from collections.abc import Callable, Iterable
from contextvars import Token
from functools import lru_cache
from typing import Any, Final

from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.instrumentation.asgi import collect_custom_headers_attributes, get_host_port_url_tuple
from opentelemetry.instrumentation.propagators import get_global_response_propagator
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled
from opentelemetry.propagate import get_global_textmap
from opentelemetry.propagators.textmap import Getter, Setter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.semconv.schemas import Schemas
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, get_current_span, set_span_in_context
from opentelemetry.util.http import (
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS,
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST,
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE,
    SanitizeValue,
    detect_synthetic_user_agent,
    get_custom_headers,
    get_excluded_urls,
    normalise_request_header_name,
    normalise_response_header_name,
    sanitize_method,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry.http._request import KEY, SPAN, is_quiet
from telemetry.http._span_details import first_name, redacted_query, server

Attributes = dict[str, Any]

_response_propagator: Final[Callable[[], Any]] = get_global_response_propagator
_host_port_url: Final[Callable[[Scope], tuple[str, int, str]]] = get_host_port_url_tuple

_NO_PARENT: Final = Context()
# Headers longer than this are no ordinary ones: what is kept of them would add up.
_LONG: Final = 1024


class LeanSpans:
    """Begins a SERVER span for each request and makes it the current one; `app` ends it. Lives as long as the app."""

    def __init__(self, app: ASGIApp, provider: TracerProvider) -> None:
        self.app = app
        self._tracer = provider.get_tracer("plainview.http", schema_url=Schemas.V1_21_0.value)
        self._propagator = get_global_textmap()
        self._carriers = frozenset(name.lower().encode() for name in self._propagator.fields)
        excluded: Any = get_excluded_urls("FASTAPI")
        # Nearly always there is nothing to look for, and the URL would only be put together for that.
        self._excluded = excluded if excluded._excluded_urls else None  # noqa: SLF001
        self._headers = CapturedHeaders()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Else a mounted app that is not instrumented begins a trace of its own.
        scope.setdefault("fastapi.telemetry", None)
        kind = scope["type"]
        if KEY in scope or (is_quiet(scope["path"]) if kind == "http" else kind != "websocket"):
            await self.app(scope, receive, send)
            return
        around = get_current()
        if (around and not is_http_instrumentation_enabled()) or self._is_excluded(scope):
            await self.app(scope, receive, send)
        elif kind == "http":
            await self._http(scope, receive, send, around)
        else:
            await self._websocket(scope, receive, send, around)

    async def _http(self, scope: Scope, receive: Receive, send: Send, around: Context) -> None:
        span, token = self._begin(scope, around)
        try:
            await self.app(scope, receive, self._headers.sending(send, span) if self._headers.of_answers else send)
        finally:
            detach(token)
            if span.is_recording():  # the layer within has ended it, unless it failed
                span.end()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send, around: Context) -> None:
        span, token = self._begin(scope, around)
        try:
            await self.app(scope, receive, send)
        finally:
            detach(token)
            if span.is_recording():  # the layer within has ended it, unless it failed
                span.end()

    def _begin(self, scope: Scope, around: Context) -> tuple[Span, Token[Context]]:
        attributes, carries = _request(scope, self._carriers)
        if around and get_current_span(around) is not INVALID_SPAN:
            parent, kind = around, SpanKind.INTERNAL  # a mounted app, or a caller in the same process
        else:
            parent = self._propagator.extract(scope, getter=_GETTER) if carries else _NO_PARENT
            kind = SpanKind.SERVER
        span = self._tracer.start_span(first_name(scope), parent, kind, attributes)
        scope[SPAN] = span
        if kind is SpanKind.SERVER and self._headers.of_requests and span.is_recording():
            span.set_attributes(self._headers.requests(scope))
        return span, attach(set_span_in_context(span, parent))

    def _is_excluded(self, scope: Scope) -> bool:
        return self._excluded is not None and self._excluded.url_disabled(_host_port_url(scope)[2])


def _request(scope: Scope, carriers: frozenset[bytes]) -> tuple[Attributes, bool]:
    """Return what is known of a request when it begins, and whether it may carry a trace's context."""
    host, agent, carries = _headers(scope["headers"], carriers)
    shared = _shared if len(host or b"") + len(agent or b"") < _LONG else _shared.__wrapped__
    # Of a server that is not asked for by name only the socket's address is known; it may be a list.
    address = tuple(scope.get("server") or ()) if host is None else ()
    attributes = shared(
        scope.get("method"), scope.get("scheme"), scope.get("http_version"), host, address, agent
    ).copy()
    if path := scope.get("path"):
        attributes["url.path"] = path
    if query := scope.get("query_string"):
        attributes["url.query"] = redacted_query(query)
    if client := scope.get("client"):
        if client[0]:
            attributes["client.address"] = client[0]
        if client[1]:
            attributes["client.port"] = client[1]
    return attributes, carries


def _headers(headers: Iterable[Any], carriers: frozenset[bytes]) -> tuple[bytes | None, bytes | None, bool]:
    """Return the first host and user agent, and whether there is a header of the propagator's."""
    host = agent = None
    carries = False
    for name, value in headers:
        if name == b"host":
            host = value if host is None else host
        elif name == b"user-agent":
            agent = value if agent is None else agent
        elif name in carriers:
            carries = True
    return host, agent, carries


@lru_cache(maxsize=1024)
def _shared(  # noqa: PLR0913, PLR0917 - a key of the cache
    method: str | None,
    scheme: str | None,
    version: str | None,
    host: bytes | None,
    address: tuple[Any, ...],
    agent: bytes | None,
) -> Attributes:
    """Return the attributes that most requests share with many others."""
    name, port = server(scheme or "http", host, address)
    attributes: Attributes = {"server.address": name, "server.port": port}
    if scheme:
        attributes["url.scheme"] = scheme
    if version:
        attributes["network.protocol.version"] = version
    if method:
        original, known = method.strip(), sanitize_method(method).strip()
        if original != known:
            attributes["http.request.method_original"] = original
        attributes["http.request.method"] = known
    if agent:
        attributes["user_agent.original"] = text = _decoded(agent)
        if synthetic := detect_synthetic_user_agent(text):
            attributes["user_agent.synthetic.type"] = synthetic
    return attributes


def _decoded(header: bytes) -> str:
    try:
        return header.decode("utf-8")
    except ValueError:
        return header.decode("unicode_escape")


class _ScopeGetter(Getter[Scope]):
    def get(self, carrier: Scope, key: str) -> list[str] | None:
        wanted = key.lower().encode()
        return [_decoded(value) for name, value in carrier["headers"] if name == wanted] or None

    def keys(self, carrier: Scope) -> list[str]:
        return [_decoded(name) for name, _ in carrier["headers"]]


_GETTER: Final = _ScopeGetter()


class _MessageSetter(Setter[Message]):
    def set(self, carrier: Message, key: str, value: str) -> None:
        carrier["headers"] = [*carrier.get("headers", ()), (key.lower().encode(), value.encode())]


_SETTER: Final = _MessageSetter()


class CapturedHeaders:
    """Headers that OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_* asks for, and what a response propagator adds."""

    def __init__(self) -> None:
        self.of_requests = get_custom_headers(OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST)
        self._of_responses = get_custom_headers(OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE)
        self._sanitize = SanitizeValue(get_custom_headers(OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS))
        self.of_answers = bool(self._of_responses) or _response_propagator() is not None

    def requests(self, scope: Scope) -> Attributes:
        return self._attributes(scope, self.of_requests, normalise_request_header_name)

    def sending(self, send: Send, span: Span) -> Send:
        """Return `send` with the headers of answers noted, and those of the response propagator added."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                if self._of_responses and span.is_recording() and getattr(span, "kind", None) is SpanKind.SERVER:
                    span.set_attributes(self._attributes(message, self._of_responses, normalise_response_header_name))
                if propagator := _response_propagator():
                    propagator.inject(message, context=set_span_in_context(span, Context()), setter=_SETTER)
            await send(message)

        return noting

    def _attributes(self, message: Any, wanted: Iterable[str], name: Any) -> Attributes:
        return dict(collect_custom_headers_attributes(message, self._sanitize, list(wanted), name))
