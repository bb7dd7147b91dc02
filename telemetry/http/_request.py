"""One HTTP request as telemetry sees it, from its first byte to the last byte of its answer."""

import logging
from time import perf_counter
from typing import Any, Final, Literal

from opentelemetry.trace import Span
from starlette.types import Message, Receive, Scope, Send

from telemetry.context import Scope as Fields
from telemetry.http._ids import answer_headers, request_id
from telemetry.http._observer import Observer
from telemetry.http._routes import bounded_method
from telemetry.http._span_end import complete

#: Where a request's server span waits in the scope. The current span may be another: that of a caller in this process.
SPAN: Final = "plainview.span"
#: Where the request that is observed stands in the scope.
KEY: Final = "plainview.exchange"
_QUIET: Final = frozenset({"/metrics", "/health", "/ready"})

Outcome = Literal["completed", "disconnected", "failed"]

# An answer that took longer than this is looked at: how long an event stream was open says nothing about latency.
_LOOKED_AT: Final = 0.25
_EVENTS: Final = b"text/event-stream"

# nginx's code for a client that left before an answer began; it is never sent.
_CLIENT_CLOSED: Final = 499
_SERVER_ERROR: Final = 500
_NOT_IMPLEMENTED: Final = 501


def is_quiet(path: str) -> bool:
    """Return whether a path is asked by machines every few seconds: no span and no access line for it."""
    return path in _QUIET or path.startswith("/health/")


class Exchange:
    """Stands between the server and the app for one request, and tells the observer what happened, once.

    Each method of ours that runs inside the app's `receive` and `send` hands the message on whatever happens to us.
    """

    __slots__ = (
        "_began",
        "_disconnected",
        "_ends_span",
        "_error",
        "_finished",
        "_flags",
        "_ids",
        "_observer",
        "_quiet",
        "_receive",
        "_received",
        "_root_path",
        "_scope",
        "_send",
        "_sent",
        "_started",
        "_status",
        "_template",
        "fields",
        "method",
    )

    def __init__(  # noqa: PLR0913 - what a request is made of
        self, observer: Observer, scope: Scope, receive: Receive, send: Send, *, quiet: bool, ends_span: bool
    ) -> None:
        self._began = perf_counter()
        self._observer = observer
        self._scope = scope
        self._receive = receive
        self._send = send
        self._quiet = quiet
        self._ends_span = ends_span
        self._root_path = scope.get("root_path", "")
        self._status = 0
        self._template: str | None = None
        self._received = 0
        self._sent = 0
        self._started: tuple[float, Message] | None = None
        self._disconnected = False
        self._error: Exception | None = None
        self._finished = False
        self._ids: tuple[str, str] | None = None
        self._flags = 0
        self.method = bounded_method(scope["method"])
        span: Span | None = scope.pop(SPAN, None)
        if span is not None:
            context = span.get_span_context()
            if context.is_valid:
                self._ids = context.trace_id.to_bytes(16).hex(), context.span_id.to_bytes(8).hex()
                self._flags = context.trace_flags
            else:
                span = None
        self.fields = Fields(request_id(scope["headers"]), span)

    @property
    def began_answer(self) -> bool:
        return self._status != 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
        elif message["type"] == "http.disconnect":
            self._disconnected = True
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind != "http.response.body":
            await self._send(self._with_ids(message) if kind == "http.response.start" else message)
            return
        last = not message.get("more_body", False)
        if last:
            self._complete_span()
        await self._send(message)
        self._sent += len(message.get("body", b""))
        if last:
            self.finish("completed")

    def _with_ids(self, message: Message) -> Message:
        self._status = message["status"]
        self._started = perf_counter(), message
        try:
            headers = answer_headers(message.get("headers", ()), self.fields.request_id or "", self._ids, self._flags)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer must go out
            self._observer.trouble(error)
            return message
        return {**message, "headers": headers}

    def finish(self, outcome: Outcome) -> None:
        """Record the request; only the first call counts."""
        if self._finished:
            return
        self._finished = True
        try:
            self._record(outcome)
        except Exception as error:  # noqa: BLE001 - an error of ours, which must not become the app's
            self._observer.trouble(error)

    def failed(self, error: Exception) -> None:
        """Take note of an exception that no handler of the app turned into an answer; of each but once."""
        if error is self._error:  # seen already on its way out of a mounted app
            return
        with self._observer.edge:
            self._error = error
            self._observer.unhandled(self.fields, error, method=self.method, path=self._scope["path"])

    def _record(self, outcome: Outcome) -> None:
        seconds = perf_counter() - self._began
        span = self.fields.span
        if span is not None and span.is_recording():
            if outcome != "completed":  # else done before the last byte was sent
                self._complete_span()
            # Also one whose answer was never completed: what passes it now would be put on it with its text in clear.
            span.end()
        if outcome != "completed" and self._disconnected:
            outcome = "disconnected"
        status = self._status or (_CLIENT_CLOSED if outcome == "disconnected" else _SERVER_ERROR)
        # The exemplar leads to the span, which only exists when it is exported.
        exported = self._flags & 1 or (self._ids is not None and self._observer.exports(span))
        self._observer.red.observe(
            self.method,
            self._route(),
            status,
            seconds=seconds if seconds < _LOOKED_AT else self._latency(seconds),
            received=self._received,
            sent=self._sent,
            ids=self._ids if exported else None,
        )
        if not self._quiet:
            # What any stranger can ask for, by a method that nobody knows, is no error of the server.
            level = logging.ERROR if status >= _SERVER_ERROR and status != _NOT_IMPLEMENTED else logging.INFO
            self._observer.access.write(level, self.fields, self._ids, self._line(outcome, status, seconds))

    def _latency(self, seconds: float) -> float:
        """Return how long the client waited: to the end of the answer, or to the beginning of an event stream."""
        if self._started is None:
            return seconds
        moment, message = self._started
        headers = message.get("headers", ())
        streams = any(name.lower() == b"content-type" and value.lower().startswith(_EVENTS) for name, value in headers)
        return moment - self._began if streams else seconds

    def _route(self) -> str:
        """Return the route's template; asked only after routing, so that it can be kept."""
        if self._template is None:
            self._template = self._observer.routes.template(self._scope, self._root_path)
        return self._template

    def _complete_span(self) -> None:
        """Give the span its route, which is known only after routing and must be set before the span ends."""
        span = self.fields.span
        if span is None or not span.is_recording():
            return
        try:
            status = self._status if self._ends_span else 0
            complete(span, self.method, self._route(), status, self.fields.request_id or "", self._error)
        except Exception as error:  # noqa: BLE001 - an error of ours, which must not become the app's
            self._observer.trouble(error)

    def _line(self, outcome: Outcome, status: int, seconds: float) -> dict[str, Any]:
        return {
            "method": self.method,
            "route": self._route(),
            "path": self._scope["path"],
            "status": status,
            "outcome": outcome,
            "duration_seconds": seconds,
            "request_bytes": self._received,
            "response_bytes": self._sent,
        }
