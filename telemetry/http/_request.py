"""One HTTP request as telemetry sees it, from its first byte to the last byte of its answer."""

import logging
from time import perf_counter
from typing import Any, Final, Literal

from opentelemetry.trace import Span, StatusCode
from starlette.types import Message, Receive, Scope, Send

from telemetry._secrets import redact
from telemetry.catalog import Attribute
from telemetry.context import Scope as Fields
from telemetry.http._ids import answer_headers, request_id
from telemetry.http._observer import Observer
from telemetry.http._routes import UNMATCHED, bounded_method

#: Where a request's server span waits in the scope. The current span may be another: that of a caller in this process.
SPAN: Final = "plainview.span"

Outcome = Literal["completed", "disconnected", "failed"]

# nginx's code for a client that left before an answer began; it is never sent.
_CLIENT_CLOSED: Final = 499


class Exchange:
    """Stands between the server and the app for one request, and tells the observer what happened, once.

    Each method of ours that runs inside the app's `receive` and `send` hands the message on whatever happens to us.
    """

    __slots__ = (
        "_began",
        "_disconnected",
        "_error",
        "_finished",
        "_observer",
        "_quiet",
        "_receive",
        "_received",
        "_root_path",
        "_scope",
        "_send",
        "_sent",
        "_status",
        "_template",
        "fields",
        "method",
    )

    def __init__(self, observer: Observer, scope: Scope, receive: Receive, send: Send, *, quiet: bool) -> None:
        self._began = perf_counter()
        self._observer = observer
        self._scope = scope
        self._receive = receive
        self._send = send
        self._quiet = quiet
        self._root_path = scope.get("root_path", "")
        self._status = 0
        self._template: str | None = None
        self._received = 0
        self._sent = 0
        self._disconnected = False
        self._error: Exception | None = None
        self._finished = False
        self.method = bounded_method(scope["method"])
        span: Span | None = scope.pop(SPAN, None)
        self.fields = Fields(
            request_id(scope["headers"]), span if span is not None and span.get_span_context().is_valid else None
        )

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
        elif message["type"] == "http.disconnect":
            self._disconnected = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            with self._observer.edge:
                message = self._begin_answer(message)
            await self._send(message)
        elif message["type"] == "http.response.body":
            last = not message.get("more_body", False)
            if last:
                with self._observer.edge:
                    self._name_span()
            await self._send(message)
            self._sent += len(message.get("body", b""))
            if last:
                self.finish("completed")
        else:
            await self._send(message)

    def finish(self, outcome: Outcome) -> None:
        """Record the request; only the first call counts."""
        if self._finished:
            return
        self._finished = True
        with self._observer.edge:
            seconds = perf_counter() - self._began
            if outcome != "completed" and self._disconnected:
                outcome = "disconnected"
            status = self._status or (_CLIENT_CLOSED if outcome == "disconnected" else 500)
            self._name_span()
            self._observer.answered(
                self.fields,
                method=self.method,
                route=self._route(),
                status=status,
                seconds=seconds,
                received=self._received,
                sent=self._sent,
                line=None if self._quiet else self._line(outcome, status, seconds),
                level=logging.ERROR if status >= 500 else logging.INFO,  # noqa: PLR2004 - server errors
            )
            self._end_span()

    def failed(self, error: Exception) -> None:
        """Take note of an exception that no handler of the app turned into an answer; of each but once."""
        if error is self._error:  # seen already on its way out of a mounted app
            return
        with self._observer.edge:
            self._error = error
            self._observer.unhandled(self.fields, error, method=self.method, path=self._scope["path"])

    def _begin_answer(self, message: Message) -> Message:
        self._status = message["status"]
        span = self.fields.span
        headers = answer_headers(
            list(message.get("headers", ())), self.fields.request_id or "", span.get_span_context() if span else None
        )
        return {**message, "headers": headers}

    def _route(self) -> str:
        """Return the route's template; asked only after routing, so that it can be kept."""
        if self._template is None:
            self._template = self._observer.routes.template(self._scope, self._root_path)
        return self._template

    def _name_span(self) -> None:
        """Give the span its route, which is known only after routing and must be set before the span ends."""
        span = self.fields.span
        if span is None or not span.is_recording():
            return
        route = self._route()
        attributes = {Attribute.REQUEST_ID: self.fields.request_id or ""}
        if route != UNMATCHED:
            attributes["http.route"] = route
            span.update_name(f"{'HTTP' if self.method == '_OTHER' else self.method} {route}")
        if self._error is not None:
            # After the status code, for which the instrumentation has set an error without a text.
            attributes["error.type"] = type(self._error).__qualname__
            span.set_status(StatusCode.ERROR, redact(f"{type(self._error).__name__}: {self._error}"))
        span.set_attributes(attributes)

    def _end_span(self) -> None:
        """End a span whose answer was never completed: what passes it now would be put on it with its text in clear."""
        span = self.fields.span
        if span is not None and span.is_recording():
            span.end()

    def _line(self, outcome: Outcome, status: int, seconds: float) -> dict[str, Any]:
        return {
            "method": self.method,
            "route": self._route(),
            "path": self._scope["path"],
            "status": status,
            "outcome": outcome,
            "duration_seconds": round(seconds, 6),
            "request_bytes": self._received,
            "response_bytes": self._sent,
        }
