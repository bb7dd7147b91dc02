"""One line for any FastAPI or Starlette app."""

import atexit
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from telemetry._current import current
from telemetry._process import Telemetry, start
from telemetry.http._access import AccessLines
from telemetry.http._exposition import MetricsEndpoint
from telemetry.http._loop import LoopMeter
from telemetry.http._middleware import ExceptionWitness, RequestMiddleware
from telemetry.http._observer import Observer
from telemetry.http._own_metrics import MetricsRoute, OwnMetrics, has_own
from telemetry.http._red import RedMetrics
from telemetry.http._routes import RouteTemplates
from telemetry.http._spans import Observed, SpanSource, span_source
from telemetry.http._websocket import WebSockets
from telemetry.settings import TelemetrySettings

MayRead = Callable[[str], Awaitable[bool]]


def instrument(
    app: Starlette, telemetry: Telemetry | None = None, *, may_read_metrics: MayRead | None = None
) -> Telemetry:
    """Add telemetry to `app` and return the `Telemetry` that it reports to.

    The app gets one server span per request (stable HTTP names), RED metrics with exemplars, X-Request-ID and
    traceparent on every answer, one access line per request, and GET /metrics; an app's own answer there is for others
    than Prometheus, which gets both in one. Requests to /metrics and /health have
    metrics, but no spans and no access lines.

    Where several processes serve the app, /metrics shows what all of them counted.

    Where `PLAINVIEW_METRICS_TOKEN` closes /metrics, `may_read_metrics` is asked about every other Authorization header.

    Without `telemetry` it is the one that was started last, else one is started from the environment and closed with
    the process.

    Raises:
        RuntimeError: `app` has answered a request or run its lifespan already, or is instrumented already.
    """
    if app.middleware_stack is not None:
        raise RuntimeError("instrument(app) came too late: call it before the app serves or is entered as a lifespan")
    if getattr(app.state, "plainview_telemetry", None) is not None:
        raise RuntimeError("instrument(app) was called twice for the same app")
    telemetry = telemetry or current() or _start_for_the_process()
    app.state.plainview_telemetry = telemetry
    _wrap_stack(app, telemetry, span_source(app, telemetry), may_read_metrics)
    return telemetry


def _start_for_the_process() -> Telemetry:
    stack = ExitStack()
    telemetry = stack.enter_context(start(TelemetrySettings()))
    atexit.register(stack.close)
    return telemetry


def _wrap_stack(app: Starlette, telemetry: Telemetry, traced: SpanSource, may_read: MayRead | None) -> None:
    """Put ours directly inside the server span. `add_middleware` would put it inside the handler that answers 500."""
    build = app.build_middleware_stack

    def build_with_telemetry() -> ASGIApp:
        telemetry.logs.adopt()  # uvicorn may have set its loggers up since the start
        app.user_middleware.insert(0, Middleware(ExceptionWitness))
        try:
            stack = build()
        finally:
            del app.user_middleware[0]
        return traced(stack, observing(telemetry, app.routes, may_read))

    app.build_middleware_stack = build_with_telemetry  # type: ignore[method-assign]


def observing(telemetry: Telemetry, routes: Sequence[BaseRoute], may_read: MayRead | None = None) -> Observed:
    """Return what makes the layer that observes requests to an app with these routes."""
    observer = Observer(
        RedMetrics(telemetry.families),
        AccessLines(telemetry.settings, telemetry.logs),
        RouteTemplates(routes),
        telemetry.edge("http"),
        telemetry.tracer_provider.exports,
    )
    telemetry.exposition.begin()
    websockets = WebSockets(observer, telemetry.families)
    endpoint = MetricsEndpoint(telemetry.exposition, telemetry.gate, telemetry.tracer_provider.finish, may_read)
    loop = LoopMeter(telemetry.families)

    def layer(app: ASGIApp, *, ends_span: bool) -> ASGIApp:
        own = None
        if has_own(routes):
            own = OwnMetrics(app, telemetry.registry, telemetry.edge("metrics"))
            telemetry.register(own)
        metrics = MetricsRoute(endpoint, app, own)
        return RequestMiddleware(
            app, observer=observer, metrics=metrics, websockets=websockets, loop=loop, ends_span=ends_span
        )

    return layer
