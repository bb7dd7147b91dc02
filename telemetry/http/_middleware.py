"""The ASGI middleware around a whole app, and the small one inside that sees exceptions before the span ends."""

from typing import Any, Final

from opentelemetry.trace import Span
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from telemetry.context import SCOPE
from telemetry.http._exposition import METRICS_PATH, MetricsEndpoint
from telemetry.http._observer import Observer
from telemetry.http._request import KEY, SPAN, Exchange, is_quiet
from telemetry.http._routes import UNMATCHED


class RequestMiddleware:
    """Observes each HTTP request; everything else passes.

    With `ends_span` the span of the request is completed and ended here, not by the layer around.
    """

    def __init__(self, app: ASGIApp, *, observer: Observer, metrics: MetricsEndpoint, ends_span: bool) -> None:
        self.app = app
        self._observer = observer
        self._metrics = metrics
        self._ends_span = ends_span

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or KEY in scope:
            await self._pass(scope, receive, send)
            return
        path = scope["path"]
        exchange = Exchange(self._observer, scope, receive, send, quiet=is_quiet(path), ends_span=self._ends_span)
        scope[KEY] = exchange
        active = self._observer.red.active(exchange.method)
        active.inc()
        token = SCOPE.set(exchange.fields)
        try:
            if path == METRICS_PATH:
                scope["route"] = METRICS_ROUTE
                await self._metrics(scope, exchange.receive, exchange.send)
            else:
                await self.app(scope, exchange.receive, exchange.send)
        except Exception:
            # The app's own handler of errors, which is in `app`, has failed: this answer has the ids as well.
            if not exchange.began_answer:
                answer = PlainTextResponse("Internal Server Error", status_code=500)
                await answer(scope, exchange.receive, exchange.send)
            raise
        finally:
            exchange.finish("failed")
            active.dec()
            SCOPE.reset(token)
            # The exchange holds the scope: left in place, every request would wait for the garbage collector.
            scope.pop(KEY, None)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        span: Span | None = scope.pop(SPAN, None)
        root_path = scope.get("root_path", "")
        try:
            await self.app(scope, receive, send)
        finally:
            if span is not None and span.is_recording():
                with self._observer.edge:
                    self._name(span, scope, root_path)

    def _name(self, span: Span, scope: Scope, root_path: str) -> None:
        route = self._observer.routes.template(scope, root_path)
        if route != UNMATCHED:
            span.set_attribute("http.route", route)
            span.update_name(f"HTTP {route}")  # there is no method in a websocket's scope


class _MetricsRoute:
    path_format = METRICS_PATH


METRICS_ROUTE: Final = _MetricsRoute()


class ExceptionWitness:
    """Sits inside Starlette's error handler, whose 500 answer ends the span: later is too late to record anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            exchange: Any = scope.get(KEY)
            if isinstance(exchange, Exchange):
                exchange.failed(error)
            raise
