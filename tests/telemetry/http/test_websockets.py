"""WebSocket connections over real sockets: who closed, with which code, what went over, and what each sign says."""

import asyncio
from contextlib import ExitStack
from socket import SHUT_RDWR

import pytest
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import CollectorRegistry
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from telemetry import TelemetrySettings, annotate, instrument, start
from tests.telemetry.conftest import Spans
from tests.telemetry.http.server import served


@pytest.fixture(params=["contrib", "lean"])
def settings(request):
    return TelemetrySettings(service_name="shop", span_source=request.param)


async def converse(socket):
    while True:
        said = await socket.receive_text()
        match said:
            case "bye":
                await socket.close(4001, "as you like")
                return
            case "boom":
                raise ValueError("no such thing, password=hunter2hunter2")
            case "end":
                return
        await socket.send_text(said.upper())


@pytest.fixture
def chat(app):
    @app.websocket("/rooms/{room}")
    async def talk(socket: WebSocket, room: str) -> None:
        annotate(customer="acme")
        await socket.accept()
        try:
            await converse(socket)
        except WebSocketDisconnect:
            if room != "careful":
                raise

    @app.websocket("/picky")
    async def picky(socket: WebSocket) -> None:
        await socket.close(1008)

    @app.websocket("/denied")
    async def denied(socket: WebSocket) -> None:
        await socket.send_denial_response(JSONResponse({"detail": "no"}, 401))

    @app.websocket("/silent")
    async def silent(socket: WebSocket) -> None:
        raise LookupError("before the handshake")

    return app


@pytest.fixture
def signs(registry, spans, lines):
    """Wait for the connection's access line; return it, the span, and a function that reads a series."""

    def wait():
        return _Signs(registry, spans, lines())

    return wait


class _Signs:
    def __init__(self, registry: CollectorRegistry, spans: Spans, lines):
        self.lines = lines
        (self.access,) = [line for line in lines if line["event"] == "websocket.connection"]
        (self.span,) = spans.all()
        self._registry = registry

    def value(self, series, **labels):
        return self._registry.get_sample_value(series, labels)


def close_of(socket):
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=5)
    return closed.value.rcvd.code if closed.value.rcvd else 1006


def test_client_that_closes_after_talking(chat, signs):
    with served(chat) as url, connect(f"ws{url[4:]}/rooms/blue?token=secret") as socket:
        socket.send("héllo")
        assert socket.recv(timeout=5) == "HÉLLO"
        assert socket.response.headers["x-request-id"]
        assert socket.response.headers["traceparent"].startswith("00-")
        request_id = socket.response.headers["x-request-id"]
        socket.close(1000)
    seen = signs()
    expected = {
        "route": "/rooms/{room}",
        "path": "/rooms/blue",
        "status": 101,
        "outcome": "client",
        "close_code": 1000,
        "messages_received": 1,
        "messages_sent": 1,
        "bytes_received": 6,
        "bytes_sent": 6,
        "request_id": request_id,
        "customer": "acme",
        "level": "info",
    }
    assert {name: seen.access[name] for name in expected} == expected
    assert seen.access["trace_id"] == format(seen.span.context.trace_id, "032x")
    assert seen.access["span_id"] == format(seen.span.context.span_id, "016x")
    assert (seen.span.name, seen.span.kind) == ("GET /rooms/{room}", SpanKind.SERVER)
    assert seen.span.status.status_code is StatusCode.UNSET
    assert not seen.span.events
    attributes = dict(seen.span.attributes)
    assert attributes["http.request.method"] == "GET"
    assert attributes["http.route"] == "/rooms/{room}"
    assert attributes["http.response.status_code"] == 101
    assert attributes["plainview.websocket.outcome"] == "client"
    assert attributes["plainview.websocket.bytes_sent"] == 6
    assert "secret" not in str(attributes) + str(seen.lines)
    route = {"http_route": "/rooms/{room}"}
    assert seen.value("websocket_server_handshakes_total", **route, http_response_status_code="101") == 1
    assert seen.value("websocket_server_messages_total", **route, direction="received") == 1
    assert seen.value("websocket_server_message_bytes_total", **route, direction="sent") == 6
    assert seen.value("websocket_server_active_connections", **route) == 0
    ended = "websocket_server_connection_duration_seconds_count"
    assert seen.value(ended, **route, outcome="client", close_code="1000") == 1
    assert not [line for line in seen.lines if line["level"] == "error"]
    assert "http.unhandled_exception" not in str(seen.lines)


@pytest.mark.parametrize(
    ("said", "code", "outcome", "label"),
    [("bye", 4001, "server", "4xxx"), ("boom", 1006, "failed", "1006"), ("end", 1006, "server", "1006")],
)
def test_server_that_closes(chat, signs, said, code, outcome, label):
    with served(chat) as url, connect(f"ws{url[4:]}/rooms/blue") as socket:
        socket.send(said)
        assert close_of(socket) == code
    seen = signs()
    assert (seen.access["outcome"], seen.access["close_code"]) == (outcome, code)
    assert seen.span.attributes["plainview.websocket.close_code"] == code
    labels = {"http_route": "/rooms/{room}", "outcome": outcome, "close_code": label}
    assert seen.value("websocket_server_connection_duration_seconds_count", **labels) == 1


def test_handler_that_fails_is_an_error_once_and_without_secrets(chat, signs):
    with served(chat) as url, connect(f"ws{url[4:]}/rooms/blue") as socket:
        socket.send("boom")
        close_of(socket)
    seen = signs()
    assert seen.access["level"] == "error"
    assert seen.span.status.status_code is StatusCode.ERROR
    assert seen.span.attributes["error.type"] == "ValueError"
    assert [event.name for event in seen.span.events] == ["exception"]
    assert "hunter2" not in str(seen.span.status.description) + str(seen.span.events) + str(seen.lines)
    assert [line["event"] for line in seen.lines if "exception" in line] == ["http.unhandled_exception"]
    assert seen.value("unhandled_exceptions_total", error_type="ValueError") == 1


@pytest.mark.parametrize("room", ["careful", "careless"])
def test_client_that_vanishes_is_lost_and_no_fault(chat, signs, room):
    with served(chat) as url, connect(f"ws{url[4:]}/rooms/{room}") as socket:
        socket.send("x")
        socket.recv(timeout=5)
        socket.socket.shutdown(SHUT_RDWR)
    seen = signs()
    assert (seen.access["outcome"], seen.access["close_code"]) == ("lost", 1006)
    assert seen.span.status.status_code is StatusCode.UNSET
    assert not [line for line in seen.lines if line["level"] == "error"]


@pytest.mark.parametrize(("path", "status"), [("/picky", 403), ("/denied", 401), ("/silent", 500)])
def test_refused_handshake_is_no_connection(chat, signs, path, status):
    with served(chat) as url, pytest.raises(InvalidStatus) as refused, connect(f"ws{url[4:]}{path}"):
        pass
    assert refused.value.response.status_code == status
    seen = signs()
    assert (seen.access["status"], seen.access["outcome"], seen.access["close_code"]) == (status, "rejected", None)
    assert seen.span.attributes["http.response.status_code"] == status
    assert (seen.span.status.status_code is StatusCode.ERROR) == (status == 500)
    assert seen.value("websocket_server_active_connections", http_route=path) is None
    assert seen.value("websocket_server_handshakes_total", http_route=path, http_response_status_code=str(status)) == 1


def test_unmatched_paths_are_one_series(chat, registry):
    with served(chat) as url:
        for path in ("/a", "/b?x=1", "/c/d"):
            with pytest.raises(InvalidStatus), connect(f"ws{url[4:]}{path}"):
                pass
    labels = {"http_route": "unmatched", "http_response_status_code": "403"}
    assert registry.get_sample_value("websocket_server_handshakes_total", labels) == 3


def test_open_connection_is_counted_while_it_lasts(chat, registry):
    def active():
        return registry.get_sample_value("websocket_server_active_connections", {"http_route": "/rooms/{room}"})

    with served(chat) as url:
        with connect(f"ws{url[4:]}/rooms/a") as one:
            one.send("x")
            one.recv(timeout=5)
            with connect(f"ws{url[4:]}/rooms/b") as two:
                two.send("x")
                two.recv(timeout=5)
                assert active() == 2
        assert active() <= 1
    assert active() == 0


def test_server_that_stops_says_so(chat, signs):
    with ExitStack() as left:
        with served(chat) as url:
            socket = left.enter_context(connect(f"ws{url[4:]}/rooms/blue"))
            socket.send("x")
            socket.recv(timeout=5)
        assert close_of(socket) == 1012
    seen = signs()
    assert (seen.access["outcome"], seen.access["close_code"]) == ("server", 1012)


def test_socket_of_a_mounted_app_has_its_whole_template(app, signs):
    sub = FastAPI()

    @sub.websocket("/feed")
    async def feed(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    app.mount("/tenants/{tenant}", sub)
    with served(app) as url, connect(f"ws{url[4:]}/tenants/7/feed") as socket:
        assert close_of(socket) == 1000
    seen = signs()
    assert seen.span.name == "GET /tenants/{tenant}/feed"
    assert seen.access["route"] == "/tenants/{tenant}/feed"


async def test_task_that_is_cancelled_still_ends_its_connection(registry, spans):
    with start(TelemetrySettings(), registry=registry, span_processor=spans.processor) as telemetry:
        app = FastAPI()
        accepted = asyncio.Event()

        @app.websocket("/ws")
        async def hold(socket: WebSocket) -> None:
            await socket.accept()
            accepted.set()
            await asyncio.Event().wait()

        instrument(app, telemetry)

        async def receive():
            return {"type": "websocket.connect"}

        async def send(_message):
            pass

        scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b"", "scheme": "ws"}
        task = asyncio.create_task(app(scope | {"server": None, "client": None, "subprotocols": []}, receive, send))
        await accepted.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert spans.only().attributes["plainview.websocket.outcome"] == "server"
        active = registry.get_sample_value("websocket_server_active_connections", {"http_route": "/ws"})
        assert active == 0


def test_fault_of_ours_breaks_no_connection(chat, telemetry, monkeypatch, registry):
    def broken(*_arguments):
        raise RuntimeError("ours")

    monkeypatch.setattr("telemetry.http._websocket.WebSocketMetrics.handshake", broken)
    monkeypatch.setattr("telemetry.http._websocket._size", broken)
    with served(chat) as url, connect(f"ws{url[4:]}/rooms/blue") as socket:
        socket.send("x")
        assert socket.recv(timeout=5) == "X"
    assert registry.get_sample_value("telemetry_internal_errors_total", {"part": "http"}) >= 3
