"""A server with bounds on its clients, in a thread, and raw connections to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from telemetry import TelemetrySettings, start
from telemetry.serving import Clients, bind
from telemetry.serving._server import Stop, _Server


class Running:
    """A server that answers: `/big` at length, `/read` the length of the body it reads, `/unread` at once."""

    def __init__(self, clients: Clients, registry: CollectorRegistry) -> None:
        self._listener = bind("127.0.0.1", 0, "PORT")
        self.port = self._listener.getsockname()[1]
        self.server = _Server(application, Stop(timedelta(seconds=1)), clients=clients)
        self.thread = threading.Thread(target=self.server.run, args=([self._listener],))
        self.thread.start()
        self._registry = registry

    def connect(self, source: str = "127.0.0.1", receive_buffer: int = 0) -> socket.socket:
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(10)
        connection.bind((source, 0))
        connection.connect(("127.0.0.1", self.port))
        return connection

    def ask(self, path: str = "/", source: str = "127.0.0.1") -> bytes:
        """Return the whole answer to a request on a connection of its own."""
        with self.connect(source) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return rest(connection)

    def cuts(self, reason: str) -> float:
        return self.exported("server_connections_cut_total", reason=reason) or 0

    def exported(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(name, labels)

    @property
    def connections(self) -> int:
        return len(self.server.server_state.connections)

    def until(self, check: Callable[[], bool]) -> None:
        end = time.monotonic() + 10
        while not check():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.01)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()


def rest(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def sent_until_closed(connection: socket.socket, data: bytes, *, most: int) -> None:
    """Send `data` again and again until the other side has closed."""
    for _ in range(most // len(data)):
        try:
            connection.sendall(data)
        except OSError:
            return
    raise AssertionError(f"{most} bytes were taken")


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b"x"
    if scope["path"] == "/big":
        body = bytes(50_000_000)
    if scope["path"] == "/read":
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message["body"])
            if not message["more_body"]:
                break
        body = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def serving() -> Iterator[Callable[..., Running]]:
    """Start servers with these bounds; all end with the test."""
    with ExitStack() as stack:
        registry = CollectorRegistry()
        stack.enter_context(start(TelemetrySettings(gpu="off"), registry=registry))

        def run(connections: int = 100, seconds: float = 0.4, **others: object) -> Running:
            server = Running(Clients(connections, timedelta(seconds=seconds), **others), registry)
            stack.callback(server.stop)
            return server

        yield run
