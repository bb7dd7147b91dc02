"""Server spans from opentelemetry-instrumentation-fastapi.

`trace_requests` lets that package wrap the app, `server_spans` finds its middleware in the built stack and puts right
what would cost or tell too much; the reason stands at each step. An app whose author has instrumented it already keeps
that span, its provider and its hooks: one request, one server span.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from fastapi import FastAPI
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.types import ASGIApp, Scope

from telemetry._edge import Edge
from telemetry._stable_names import stable_names
from telemetry.http._request import SPAN
from telemetry.http._span_details import correct, first_name


def trace_requests(app: Starlette, provider: TracerProvider) -> None:
    """Have `app` make one SERVER span per request, with the stable HTTP names and no span per ASGI message."""
    with stable_names(), _background_tasks_untouched():
        FastAPIInstrumentor.instrument_app(
            cast("FastAPI", app),
            tracer_provider=provider,
            meter_provider=NoOpMeterProvider(),
            exclude_spans=["receive", "send"],
        )


def server_spans(stack: ASGIApp, edge: Edge) -> OpenTelemetryMiddleware:
    """Return the middleware in a built stack that makes the server spans; what is set as its `app` runs within one.

    Raises:
        LookupError: the stack has none, as the instrumentor skips a stack that it does not know.
    """
    spans = _find(stack)
    with edge:
        _remove_recorder(spans)
    _give_names(spans)
    _hand_over(spans, edge)
    return spans


def _find(stack: ASGIApp) -> OpenTelemetryMiddleware:
    layer: Any = stack
    while layer is not None:
        if isinstance(layer, OpenTelemetryMiddleware):
            return layer
        layer = getattr(layer, "app", None)
    raise LookupError(
        f"opentelemetry-instrumentation-fastapi did not wrap this app: its middleware stack begins with "
        f"{type(stack).__name__}, not with Starlette's ServerErrorMiddleware; its requests have no span of ours"
    )


def _remove_recorder(spans: OpenTelemetryMiddleware) -> None:
    """Take out the layer that puts every exception's text on the span in clear; `ExceptionWitness` redacts it.

    Where it cannot be found, what is exported is redacted still, and an exception is on the span twice.
    """
    layer: Any = spans
    while (inner := getattr(layer, "app", None)) is not None:
        if type(inner).__module__ == FastAPIInstrumentor.__module__:
            layer.app = inner.app
            return
        layer = inner
    raise LookupError("found no exception recorder of FastAPIInstrumentor inside its OpenTelemetryMiddleware")


def _give_names(spans: OpenTelemetryMiddleware) -> None:
    """Keep it from matching every route a second time, 220 us with a hundred routes: `Exchange` knows the route."""

    def details(scope: Scope) -> tuple[str, dict[str, Any]]:
        return first_name(scope), {}

    spans.default_span_details = details


def _hand_over(spans: OpenTelemetryMiddleware, edge: Edge) -> None:
    """Correct each span and leave it in the scope; the hook of the app's author, if there is one, comes after."""
    authors_hook = spans.server_request_hook

    def hook(span: Span, scope: Scope) -> None:
        scope[SPAN] = span
        with edge:
            correct(span, scope)
        if authors_hook is not None:
            authors_hook(span, scope)

    spans.server_request_hook = hook


@contextmanager
def _background_tasks_untouched() -> Iterator[None]:
    """Undo the instrumentor's patch of Starlette's class, unless the app's author asked for it before.

    It would make the background tasks of every app in the process spans of the tracer of the first.
    """
    call = BackgroundTask.__call__
    patched = hasattr(BackgroundTask, "_otel_original_call")
    try:
        yield
    finally:
        BackgroundTask.__call__ = call  # type: ignore[method-assign]
        if not patched:
            delattr(BackgroundTask, "_otel_original_call")
