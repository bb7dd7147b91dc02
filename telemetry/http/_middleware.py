"""The ASGI middleware around a whole app, and the small one inside that sees exceptions before the span ends."""

from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from telemetry.context import SCOPE
from telemetry.http._exposition import METRICS_PATH
from telemetry.http._loop import LoopMeter
from telemetry.http._observer import Observer
from telemetry.http._own_metrics import MetricsRoute
from telemetry.http._request import KEY, Exchange, is_quiet
from telemetry.http._websocket import Connection, WebSockets


class RequestMiddleware:
    """Observes each HTTP request and WebSocket connection; everything else passes.

    With `ends_span` the span of the request is completed and ended here, not by the layer around.
    """

    def __init__(  # noqa: PLR0913 - what is observed, by name
        self,
        app: ASGIApp,
        *,
        observer: Observer,
        metrics: MetricsRoute,
        websockets: WebSockets,
        loop: LoopMeter,
        ends_span: bool,
    ) -> None:
        self.app = app
        self._loop = loop
        self._observer = observer
        self._metrics = metrics
        self._websockets = websockets
        self._ends_span = ends_span

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if KEY in scope or scope["type"] not in ("http", "websocket"):
            if scope["type"] == "lifespan":
                async with self._loop.watching():
                    await self.app(scope, receive, self._metrics.lifespan(send))
            else:
                await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._websockets(self.app, scope, receive, send)
            return
        path = scope["path"]
        exchange = Exchange(self._observer, scope, receive, send, quiet=is_quiet(path), ends_span=self._ends_span)
        scope[KEY] = exchange
        active = self._observer.red.active(exchange.method)
        active(1)
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
            active(-1)
            SCOPE.reset(token)
            # The exchange holds the scope: left in place, every request would wait for the garbage collector.
            scope.pop(KEY, None)


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
            exchange: Exchange | Connection | None = scope.get(KEY)
            if exchange is not None:
                exchange.failed(error)
            raise
