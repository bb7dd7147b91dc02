"""The contract of the span sources: whichever is chosen, the same requests leave the same spans."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, WebSocket
from fastapi.responses import PlainTextResponse, StreamingResponse
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

from telemetry import TelemetrySettings, annotate, instrument, start
from tests.telemetry.conftest import Spans

SOURCES = ("contrib", "lean")
PARENT = "0af7651916cd43dd8448eb211c80319c"
Ask = Callable[[FastAPI], Awaitable[Any]]


def make_app() -> FastAPI:
    app = FastAPI()

    @app.api_route("/items/{number}", methods=["GET", "HEAD", "POST", "BREW"])
    async def item(number: int) -> dict[str, int]:
        annotate(customer="acme")
        return {"number": number}

    @app.get("/busy")
    def busy() -> None:
        raise HTTPException(503)

    @app.get("/boom")
    def boom() -> None:
        raise ValueError("no such thing, password=hunter2hunter2")

    @app.get("/odd")
    def odd() -> None:
        raise KeyError("odd")

    @app.exception_handler(KeyError)
    async def handled(_request: Any, _error: Exception) -> PlainTextResponse:
        return PlainTextResponse("handled", 500)

    async def parts():
        yield b"one"
        yield b"two"

    async def breaks_off():
        yield b"one"
        raise ValueError("broken off")

    app.get("/stream")(lambda: StreamingResponse(parts()))
    app.get("/broken")(lambda: StreamingResponse(breaks_off()))

    @app.websocket("/socket/{name}")
    async def socket(socket: WebSocket, name: str) -> None:
        await socket.accept()
        await socket.send_text(name)
        if name == "boom":
            raise ValueError("socket failed")
        await socket.close()

    sub = FastAPI()
    sub.get("/things/{name}")(lambda name: name)
    sub.websocket("/socket")(socket_without_name)
    app.mount("/tenants/{tenant}", sub)
    return app


async def socket_without_name(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def request(method: str, path: str, headers: dict[str, str] | list[tuple[bytes, bytes]] | None = None) -> Ask:
    async def ask(app: FastAPI) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://shop.test:8443") as client:
            await client.request(method, path, headers=headers)

    return ask


def websocket(path: str, **changes: Any) -> Ask:
    async def ask(app: FastAPI) -> None:
        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(_message: Any) -> None:
            pass

        scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"token=secret", "scheme": "wss"}
        scope |= {"server": ("t", 443), "client": ("c", 1), "root_path": "", "subprotocols": [], "http_version": "1.1"}
        with contextlib.suppress(ValueError):
            await app(scope | changes, receive, send)

    return ask


def raw(**changes: Any) -> Ask:
    """Ask as a server would that knows less than most."""

    async def ask(app: FastAPI) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_message: Any) -> None:
            pass

        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/items/1",
            "headers": [],
            "query_string": b"",
        }
        await app(
            scope | {"scheme": "http", "http_version": "1.1", "root_path": "", "server": None} | changes, receive, send
        )

    return ask


async def client_that_leaves(app: FastAPI) -> None:
    """The connection breaks after the first part of a stream."""

    async def receive() -> dict[str, str]:
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    scope = {"type": "http", "method": "GET", "path": "/stream", "headers": [(b"host", b"t")], "query_string": b""}
    scope |= {"scheme": "http", "http_version": "1.1", "root_path": "", "server": ("t", 80), "client": None}
    with pytest.raises(OSError, match="gone"):
        await app(scope, receive, send)


def traced(flags: str, state: str = "") -> dict[str, str]:
    return {"traceparent": f"00-{PARENT}-b7ad6b7169203331-{flags}", "tracestate": state, "baggage": "tier=gold"}


REQUESTS: dict[str, Ask] = {
    "200": request("GET", "/items/7"),
    "post": request("POST", "/items/7"),
    "head": request("HEAD", "/items/7"),
    "options": request("OPTIONS", "/items/7"),
    "422": request("GET", "/items/seven"),
    "404": request("GET", "/items"),
    "unmatched": request("GET", "/wp-admin/x.php"),
    "method not allowed": request("DELETE", "/busy"),
    "custom method": request("BREW", "/items/7"),
    "unknown method": request("STEAM", "/items/7"),
    "lower-case method": raw(method="get"),
    "500 handled": request("GET", "/odd"),
    "503 raised": request("GET", "/busy"),
    "500 unhandled": request("GET", "/boom"),
    "streaming": request("GET", "/stream"),
    "stream that breaks off": request("GET", "/broken"),
    "query with a secret": request("GET", "/items/7?key=pv_4f9d2c7a8b1e6035d4c2a1908f7e6b5d&flag&flag="),
    "long path": request("GET", "/items/" + "7" * 5000),
    "non-ascii path": request("GET", "/items/sök"),
    "mounted app": request("GET", "/tenants/t1/things/x"),
    "mounted app, unmatched": request("GET", "/tenants/t1/nothing"),
    "documentation": request("GET", "/docs"),
    "user agent of a bot": request("GET", "/items/7", {"user-agent": "Googlebot/2.1"}),
    "user agent that is no utf-8": request("GET", "/items/7", [(b"user-agent", b"caf\xe9")]),
    "no user agent, no client": raw(client=None),
    "no host header": raw(server=("10.0.0.1", 8080), client=("10.0.0.2", 0)),
    "ipv6 host": raw(headers=[(b"host", b"[::1]:8000")], client=("::1", 5)),
    "unix socket": raw(server=("/run/app.sock", None), client=("", 0)),
    "http/2": raw(http_version="2"),
    "behind a prefix": raw(root_path="/api", path="/api/items/1"),
    "parent sampled": request("GET", "/items/7", traced("01", "vendor=1")),
    "parent not sampled": request("GET", "/items/7", traced("00")),
    "parent is garbage": request("GET", "/items/7", {"traceparent": "00-xyz"}),
    "baggage alone": request("GET", "/items/7", {"baggage": "tier=gold"}),
    "two hosts, two agents": raw(
        headers=[(b"host", b"a"), (b"host", b"b"), (b"user-agent", b"x"), (b"user-agent", b"y")]
    ),
    "websocket": websocket("/socket/hello"),
    "websocket that fails": websocket("/socket/boom"),
    "websocket, unmatched": websocket("/nowhere"),
    "websocket of a mounted app": websocket("/tenants/t1/socket"),
    "client leaves": client_that_leaves,
    "polled by machines": request("GET", "/health"),
}


async def spans_of(source: str, ask: Ask, **settings: Any) -> list[ReadableSpan]:
    spans = Spans()
    with start(TelemetrySettings(span_source=source, **settings), span_processor=spans.processor) as telemetry:
        app = make_app()
        instrument(app, telemetry)
        await ask(app)
    return spans.all()


def comparable(span: ReadableSpan) -> dict[str, Any]:
    """Return all of a span but its ids, its times, its scope and what tells of this test's own stack frames."""
    attributes = dict(span.attributes or {})
    request_id = attributes.pop("plainview.request_id", None)
    parent = span.parent
    return {
        "name": span.name,
        "kind": span.kind,
        "status": (span.status.status_code, span.status.description),
        "attributes": attributes,
        "has request id": isinstance(request_id, str) and len(request_id) == 32,
        "events": [
            (event.name, {k: v for k, v in event.attributes.items() if k != "exception.stacktrace"})
            for event in span.events
        ],
        "links": span.links,
        "resource": {k: v for k, v in span.resource.attributes.items() if k != "service.instance.id"},
        "parent": parent and (parent.trace_id, parent.span_id, parent.is_remote, parent.trace_state),
        "trace": span.context.trace_id == (parent.trace_id if parent else span.context.trace_id),
        "state": span.context.trace_state,
        "flags": int(span.context.trace_flags),
        "dropped": (span.dropped_attributes, span.dropped_events, span.dropped_links),
    }


@pytest.mark.parametrize("ask", REQUESTS.values(), ids=REQUESTS.keys())
async def test_both_sources_make_the_same_spans(ask):
    contrib, lean = [[comparable(span) for span in await spans_of(source, ask)] for source in SOURCES]
    assert lean == contrib


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("ask", "count"),
    [(ask, 0 if name in ("parent not sampled", "polled by machines") else 1) for name, ask in REQUESTS.items()],
    ids=REQUESTS.keys(),
)
async def test_a_request_has_one_server_span(source, ask, count):
    kinds = [span.kind for span in await spans_of(source, ask)]
    assert kinds == [SpanKind.SERVER] * count


@pytest.mark.parametrize("ask", REQUESTS.values(), ids=REQUESTS.keys())
async def test_without_a_source_there_is_no_span_of_anybodys(ask):
    assert await spans_of("off", ask) == []


async def test_sampling_by_ratio_applies_to_both():
    for source in SOURCES:
        assert await spans_of(source, REQUESTS["200"], sample_ratio=0) == []


async def test_a_caller_in_the_same_process_is_the_parent():
    from opentelemetry import trace  # noqa: PLC0415

    async def ask(app: FastAPI) -> None:
        with trace.get_tracer("caller").start_as_current_span("caller"):
            await REQUESTS["200"](app)

    for source in SOURCES:
        inner, caller = await spans_of(source, ask)
        assert (inner.kind, inner.parent.span_id) == (SpanKind.INTERNAL, caller.context.span_id)


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS"
    monkeypatch.setenv(f"{prefix}_SERVER_REQUEST", "x-tenant,authorization")
    monkeypatch.setenv(f"{prefix}_SERVER_RESPONSE", "content-.*,x-request-id")
    monkeypatch.setenv(f"{prefix}_SANITIZE_FIELDS", "authorization")


async def test_headers_that_opentelemetrys_variables_ask_for_are_captured_by_both(captured):
    ask = request("GET", "/items/7", {"x-tenant": "a", "authorization": "Bearer x", "x-request-id": "r"})
    contrib, lean = [[comparable(span) for span in await spans_of(source, ask)] for source in SOURCES]
    assert lean == contrib
    assert lean[0]["attributes"]["http.request.header.x_tenant"] == ("a",)
    assert lean[0]["attributes"]["http.request.header.authorization"] == ("[REDACTED]",)
    assert lean[0]["attributes"]["http.response.header.x_request_id"] == ("r",)


async def test_each_source_says_in_its_scope_which_it_is():
    named = [(await spans_of(source, REQUESTS["200"]))[0].instrumentation_scope.name for source in SOURCES]
    assert named == ["opentelemetry.instrumentation.fastapi", "plainview.http"]
