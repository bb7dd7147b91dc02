"""One WebSocket connection as telemetry sees it, from its handshake to its close."""

from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from opentelemetry.trace import Span
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from telemetry._families import Families
from telemetry.context import SCOPE
from telemetry.context import Scope as Fields
from telemetry.http._ids import answer_headers, request_id
from telemetry.http._observer import Observer
from telemetry.http._request import KEY, SPAN
from telemetry.http._websocket_metrics import Traffic, WebSocketMetrics
from telemetry.http._websocket_record import SWITCHING_PROTOCOLS, Direction, Outcome, Record
from telemetry.logs._setup import mark_logged

_FORBIDDEN: Final = 403  # what a server answers for a close before the handshake
_CLIENT_CLOSED: Final = 499
_SERVER_ERROR: Final = 500
_NORMAL: Final = 1000
_NO_CODE: Final = 1005
_LOST: Final = 1006  # never sent: what a side sees that gets no close
_RESTART: Final = 1012


class WebSockets:
    """Observes each connection of one app; lives as long as the app."""

    def __init__(self, observer: Observer, families: Families) -> None:
        self._observer = observer
        self._metrics = WebSocketMetrics(families)

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        connection = Connection(self._observer, self._metrics, scope, receive, send)
        scope[KEY] = connection
        token = SCOPE.set(connection.fields)
        try:
            await app(scope, connection.receive, connection.send)
            connection.left(None)
        except Exception as error:
            connection.left(error)
            raise
        finally:
            connection.over()
            SCOPE.reset(token)
            scope.pop(KEY, None)


class Connection:
    """Stands between the server and the app, and tells what happened, once; whatever happens to us, messages go on."""

    def __init__(
        self, observer: Observer, metrics: WebSocketMetrics, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._observer = observer
        self._metrics = metrics
        self._scope = scope
        self._receive = receive
        self._send = send
        self._root_path = scope.get("root_path", "")
        self._began = perf_counter()
        self._traffic: Traffic | None = None
        self._flags = 0
        span: Span | None = scope.pop(SPAN, None)
        ids = None
        context = span.get_span_context() if span is not None else None
        if context is not None and context.is_valid:
            ids = f"{context.trace_id:032x}", f"{context.span_id:016x}"
            self._flags = int(context.trace_flags)
        self.fields = Fields(request_id(scope["headers"]), span if ids else None)
        # RFC 6455 asks with GET, RFC 8441 (HTTP/2) with CONNECT; the scope has no method.
        method = "GET" if str(scope.get("http_version", "1.1")).startswith("1") else "CONNECT"
        self._record = Record(method, scope["path"], self.fields.request_id or "", ids)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.receive":
            self._safely(self._count, "received", message)
        elif message["type"] == "websocket.disconnect":
            code = message.get("code", _NO_CODE)
            # uvicorn says "no code" also where no close came at all; only a close has a reason, if an empty one.
            self._safely(self._gone, _LOST if code == _NO_CODE and "reason" not in message else code)
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind in ("websocket.accept", "websocket.http.response.start"):
            message = self._with_ids(message)
        try:
            await self._send(message)
        except OSError:  # how servers say that the client has gone
            self._safely(self._gone, _LOST)
            raise
        if kind == "websocket.send":
            self._safely(self._count, "sent", message)
        elif kind == "websocket.accept":
            self._safely(self._accepted)
        elif kind == "websocket.http.response.start":
            self._safely(self._refused, message["status"], "rejected")
        elif kind == "websocket.close":
            self._safely(self._closed, "server", message.get("code", _NORMAL))

    def failed(self, error: Exception) -> None:
        """Take note of an exception that left the app; of each but once. A client that left is no fault."""
        left = isinstance(error, OSError) and self._record.outcome in ("client", "lost")
        if left or isinstance(error, WebSocketDisconnect):
            mark_logged(error)  # else the server writes a traceback, as for a fault
        elif error is not self._record.error:
            self._record.error = error
            self._safely(self._unhandled, error)

    def left(self, error: Exception | None) -> None:
        """Note that the app ended; the server now drops, without a close, what is open, or answers with 500."""
        if error is not None:
            self.failed(error)
        if self._record.status == 0:
            self._safely(self._refused, _SERVER_ERROR, "rejected")
        elif isinstance(error, WebSocketDisconnect):
            self._safely(self._gone, error.code)
        elif error is not None:
            self._safely(self._closed, "failed", _LOST)
        else:
            self._safely(self._closed, "server", _LOST)

    def over(self) -> None:
        """Complete and end the span; a connection that is still open belongs to a task that was cancelled."""
        if self._record.status == SWITCHING_PROTOCOLS:
            self._safely(self._closed, "server", _RESTART)
        span = self.fields.span
        if span is not None and span.is_recording():
            self._safely(self._record.complete, span)
            # What passes it now would be put on it: the text of an exception in clear, a client that left as an error.
            span.end()

    def _safely(self, act: Callable[..., None], *arguments: Any) -> None:
        with self._observer.edge:
            act(*arguments)

    def _with_ids(self, message: Message) -> Message:
        with self._observer.edge:
            headers = message.get("headers", ())
            ids = answer_headers(headers, self._record.request_id, self._record.ids, self._flags)
            return {**message, "headers": ids}
        return message

    def _accepted(self) -> None:
        self._answered(SWITCHING_PROTOCOLS)
        self._traffic = self._metrics.traffic(self._record.route)
        self._traffic.active.inc()

    def _refused(self, status: int, outcome: Outcome) -> None:
        if self._record.status == 0:
            self._answered(status)
            self._record.outcome = outcome
            self._record.write_line(perf_counter() - self._began)

    def _answered(self, status: int) -> None:
        self._record.status = status
        self._record.route = self._observer.routes.template(self._scope, self._root_path)  # it is routed by now
        self._metrics.handshake(self._record.route, status)

    def _count(self, direction: Direction, message: Message) -> None:
        size = _size(message)
        self._record.messages[direction] += 1
        self._record.bytes[direction] += size
        if self._traffic is not None:
            self._traffic.count(direction, size)

    def _gone(self, code: int) -> None:
        if self._record.status == 0:
            self._refused(_CLIENT_CLOSED, "lost")
        elif code == _RESTART:  # a server that stops tells the app as if the client had left
            self._closed("server", code)
        else:
            self._closed("lost" if code == _LOST else "client", code)

    def _closed(self, outcome: Outcome, code: int) -> None:
        """Record the end of a connection; only the first word counts."""
        record = self._record
        if record.status == 0:
            self._refused(_FORBIDDEN, "rejected")
        if record.outcome is not None or self._traffic is None:
            return
        seconds = perf_counter() - self._began
        record.outcome, record.close_code = outcome, code
        self._traffic.active.dec()
        sampled = self._flags & 1 and record.ids is not None
        exemplar = {"trace_id": record.ids[0], "span_id": record.ids[1]} if sampled and record.ids else None
        self._metrics.ended(record.route, outcome, code, seconds, exemplar)
        record.write_line(seconds)

    def _unhandled(self, error: Exception) -> None:
        self._observer.unhandled(self.fields, error, method=self._record.method, path=self._record.path)


def _size(message: Message) -> int:
    data = message.get("bytes")
    if data is not None:
        return len(data)
    text: str = message.get("text") or ""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
