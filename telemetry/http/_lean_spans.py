"""Server spans from a middleware of our own, on the same SDK.

They are equal to those of opentelemetry-instrumentation-fastapi, with the corrections that those get, attribute for
attribute; a contract test runs one table of requests against both. What is saved is work done twice: each attribute is
set once, headers are walked once, no metrics are gathered for nobody, and the layer within completes and ends the span,
which needs no wrapper around `send` of its own.
"""

from collections.abc import Callable
from contextvars import Token
from typing import Any, Final

from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled
from opentelemetry.propagate import get_global_textmap
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.semconv.schemas import Schemas
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, get_current_span, set_span_in_context
from opentelemetry.util.http import get_excluded_urls
from starlette.types import ASGIApp, Receive, Scope, Send

from telemetry.http._captured_headers import CapturedHeaders
from telemetry.http._request import KEY, SPAN, is_quiet
from telemetry.http._request_attributes import decoded, request_attributes
from telemetry.http._span_details import first_name

_NO_PARENT: Final = Context()


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
            return
        span, token = self._begin(scope, around)
        if self._headers.of_answers and kind == "http":
            send = self._headers.sending(send, span)
        try:
            await self.app(scope, receive, send)
        finally:
            detach(token)
            if span.is_recording():  # the layer within has ended it, unless it failed
                span.end()

    def _begin(self, scope: Scope, around: Context) -> tuple[Span, Token[Context]]:
        attributes, carriers = request_attributes(scope, self._carriers)
        if around and get_current_span(around) is not INVALID_SPAN:
            parent, kind = around, SpanKind.INTERNAL  # a mounted app, or a caller in the same process
        else:
            parent = self._propagator.extract(carriers, getter=_GETTER) if carriers else _NO_PARENT
            kind = SpanKind.SERVER
        span = self._tracer.start_span(first_name(scope), parent, kind, attributes)
        scope[SPAN] = span
        if kind is SpanKind.SERVER and self._headers.of_requests and span.is_recording():
            span.set_attributes(self._headers.requests(scope))
        return span, attach(set_span_in_context(span, parent))

    def _is_excluded(self, scope: Scope) -> bool:
        if self._excluded is None:
            return False
        # Loaded for those who exclude something: it takes 2 MB.
        from opentelemetry.instrumentation.asgi import get_host_port_url_tuple  # noqa: PLC0415

        host_port_url: Callable[[Scope], tuple[str, int, str]] = get_host_port_url_tuple
        return bool(self._excluded.url_disabled(host_port_url(scope)[2]))


Headers = list[tuple[bytes, bytes]]


class _HeaderGetter(Getter[Headers]):
    def get(self, carrier: Headers, key: str) -> list[str] | None:
        wanted = key.lower().encode()
        return [decoded(value) for name, value in carrier if name == wanted] or None

    def keys(self, carrier: Headers) -> list[str]:
        return [decoded(name) for name, _ in carrier]


_GETTER: Final = _HeaderGetter()
