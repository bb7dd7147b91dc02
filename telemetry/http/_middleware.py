"""The ASGI middleware around a whole app, and the small one inside that sees exceptions before the span ends."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from telemetry.context import SCOPE
from telemetry.http._exposition import METRICS_PATH, MetricsEndpoint
from telemetry.http._observer import Observer
from telemetry.http._request import Exchange

KEY: Final = "plainview.exchange"


def is_quiet(path: str) -> bool:
    """Return whether a path is asked by machines every few seconds: no span and no access line for it."""
    return path in (METRICS_PATH, "/health", "/ready") or path.startswith("/health/")


class RequestMiddleware:
    """Observes each HTTP request; everything else passes."""

    def __init__(self, app: ASGIApp, observer: Observer, metrics: MetricsEndpoint) -> None:
        self.app = app
        self._observer = observer
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or KEY in scope:
            await self.app(scope, receive, send)
            return
        quiet = is_quiet(scope["path"])
        exchange = Exchange(self._observer, scope, receive, send, quiet=quiet)
        scope[KEY] = exchange
        active = self._observer.red.active(exchange.method)
        active.inc()
        token = SCOPE.set(exchange.fields)
        try:
            await self._target(scope)(scope, exchange.receive, exchange.send)
        finally:
            exchange.finish("failed")
            active.dec()
            SCOPE.reset(token)
            # The exchange holds the scope: left in place, every request would wait for the garbage collector.
            scope.pop(KEY, None)

    def _target(self, scope: Scope) -> ASGIApp:
        if scope["path"] != METRICS_PATH:
            return self.app
        scope["route"] = METRICS_ROUTE
        return self._metrics


class _MetricsRoute:
    path_format = METRICS_PATH


METRICS_ROUTE: Final = _MetricsRoute()


class ExceptionWitness:
    """Sits inside Starlette's error handler, whose 500 answer ends the span: later is too late to record anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Any = scope.get(KEY)
        if not isinstance(exchange, Exchange):
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            exchange.failed(error)
            raise


class Traced:
    """Sends each request through the span source, but those of machines that poll.

    `app` leads to the span source: FastAPI looks for it along these before it decides whether to trace by itself.
    """

    def __init__(self, app: ASGIApp, untraced: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app
        self._untraced = untraced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # As FastAPI's own `exclude` does it: else a mounted app that is not instrumented begins a trace of its own.
        scope.setdefault("fastapi.telemetry", None)
        # A mounted app that is instrumented too is part of the request that is observed already.
        if KEY in scope or (scope["type"] == "http" and is_quiet(scope["path"])):
            await self._untraced(scope, receive, send)
        else:
            await self.app(scope, receive, send)
