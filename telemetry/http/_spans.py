"""The one place that decides where server spans come from: exactly one source for each request.

`contrib` is opentelemetry-instrumentation-fastapi, `lean` a middleware of our own on the same SDK whose spans are equal
attribute for attribute, `off` none. An app that its author has instrumented keeps that span whatever is chosen.

FastAPI traces itself since 0.142; it is told to leave that to us. The contrib source is loaded where it is chosen: it
takes 2 MB.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from telemetry._edge import Edge
from telemetry._process import Telemetry
from telemetry.http._lean_spans import LeanSpans
from telemetry.http._request import KEY, is_quiet

if TYPE_CHECKING:
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware


class Observed(Protocol):
    """Makes the layer within the span; `ends_span` says that this layer completes the span and ends it."""

    def __call__(self, app: ASGIApp, *, ends_span: bool) -> ASGIApp: ...


SpanSource = Callable[[ASGIApp, Observed], ASGIApp]


def span_source(app: Starlette, telemetry: Telemetry) -> SpanSource:
    """Return what puts the server span around a built stack of `app`."""
    _keep_fastapi_from_tracing(app)
    chosen = telemetry.settings.span_source
    edge = telemetry.edge("spans")
    if chosen == "contrib" or getattr(app, "_is_instrumented_by_opentelemetry", False):
        if not getattr(app, "_is_instrumented_by_opentelemetry", False):
            from telemetry.http._contrib_spans import trace_requests  # noqa: PLC0415 - see above

            trace_requests(app, telemetry.tracer_provider)
        return lambda stack, observed: _contrib(stack, observed, edge)
    if chosen == "lean":
        return lambda stack, observed: LeanSpans(observed(stack, ends_span=True), telemetry.tracer_provider)
    return lambda stack, observed: Untraced(observed(stack, ends_span=False))


def _contrib(stack: ASGIApp, observed: Observed, edge: Edge) -> ASGIApp:
    with edge:
        from telemetry.http._contrib_rehearsal import same_spans  # noqa: PLC0415 - see above
        from telemetry.http._contrib_short import ShortWay, is_open  # noqa: PLC0415
        from telemetry.http._contrib_spans import server_spans  # noqa: PLC0415

        spans = server_spans(stack, edge)
        app = spans.app
        spans.app = observed(app, ends_span=False)
        if is_open(spans) and same_spans(spans):
            return Traced(spans, spans.app, ShortWay(spans, observed(app, ends_span=True)))
        return Traced(spans, spans.app, spans)
    return observed(stack, ends_span=False)  # without spans: counted as an error and logged


def _keep_fastapi_from_tracing(app: Starlette) -> None:
    """Say what `FastAPI(telemetry={"tracing": False, ...})` says; without it a request costs its check, or a second span.

    It would step aside from instrumentation-asgi's middleware by itself, from no other.
    """
    config = getattr(app, "_telemetry", None)
    if config is not None:
        config.update(tracing=False, metrics=False, logs=False)


class Untraced:
    """Keeps mounted apps from beginning traces where no spans are wanted."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("fastapi.telemetry", None)
        await self.app(scope, receive, send)


class Traced:
    """Sends each request through the contrib source, on its way for HTTP, but those of machines that poll."""

    def __init__(self, app: OpenTelemetryMiddleware, untraced: ASGIApp, http: ASGIApp) -> None:
        self.app = app
        self._untraced = untraced
        self._http = http

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # As FastAPI's own `exclude` does it: else a mounted app that is not instrumented begins a trace of its own.
        scope.setdefault("fastapi.telemetry", None)
        # A mounted app that is instrumented too is part of the request that is observed already.
        http = scope["type"] == "http"
        if KEY in scope or (http and is_quiet(scope["path"])):
            return self._untraced(scope, receive, send)
        if http:
            return self._http(scope, receive, send)
        return self.app(scope, receive, send)
