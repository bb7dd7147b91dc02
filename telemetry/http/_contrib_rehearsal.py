"""Plays requests through a copy of OpenTelemetryMiddleware, to see whether the short way leaves the same spans."""

from collections.abc import Awaitable
from contextvars import Context
from copy import copy
from typing import Any, Final

from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import get_current_span
from starlette.types import Message, Receive, Scope, Send

from telemetry.http._contrib_short import ShortWay
from telemetry.http._request import SPAN

_HEADERS: Final = [(b"host", b"shop.test:8443"), (b"user-agent", b"rehearsal/1"), (b"content-length", b"2")]
_PARENT: Final = (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
_SCOPE: Final = {
    "type": "http",
    "method": "POST",
    "scheme": "https",
    "http_version": "1.1",
    "path": "/rehearsal",
    "root_path": "",
    "query_string": b"a=b",
    "server": ("10.0.0.1", 8443),
    "client": ("10.0.0.2", 50000),
}
_STATUS: Final = "http.response.status_code"


def same_spans(spans: OpenTelemetryMiddleware) -> bool:
    """Return whether requests leave the same spans whichever way they go; `spans` stays as it is."""
    try:
        return all(
            Context().run(_played, spans, headers, short=True) == Context().run(_played, spans, headers, short=False)
            for headers in (_HEADERS, [*_HEADERS, _PARENT])
        )
    except Exception:  # noqa: BLE001 - whatever another version does with the short way, there is the long one
        return False


def _played(spans: OpenTelemetryMiddleware, headers: list[Any], *, short: bool) -> list[Any]:
    """Return what one request leaves: its only span, which was the current one, or it is no use to compare."""
    stage, ended = copy(spans), _Ended()
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.get_empty(), shutdown_on_exit=False)
    provider.add_span_processor(ended)
    stage.tracer, stage.app = provider.get_tracer("rehearsal"), _answer
    _run((ShortWay(stage, _end) if short else stage)({**_SCOPE, "headers": headers}, _receive, _send))
    (span,) = ended.spans
    return [span.name, span.kind, span.parent, dict(span.attributes or {}), span.status.status_code, len(span.events)]


class _Ended(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


async def _answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _end(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, complete the span and end it, as `Exchange` does."""
    span = scope.pop(SPAN)
    if span is not get_current_span() or receive is not _receive or send is not _send:
        raise LookupError("the request did not arrive as it was handed over")
    await _answer(scope, receive, send)
    span.set_attribute(_STATUS, 204)
    span.end()


async def _receive() -> Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def _send(_message: Message) -> None:
    pass


def _run(answering: Awaitable[None]) -> None:
    """Run what waits for nothing."""
    running = answering.__await__()
    try:
        next(running)
    except StopIteration:
        return
    raise RuntimeError("the middleware waited for something else than the request")
