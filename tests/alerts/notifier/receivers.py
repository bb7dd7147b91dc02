"""Real receivers on loopback: a webhook and a mail server."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT = 20.0


class Arrivals:
    """What a receiver got, in order; waiting is by event, never by sleeping."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._changed = threading.Condition()

    def add(self, item: Any) -> None:
        with self._changed:
            self.items.append(item)
            self._changed.notify_all()

    def wait(self, count: int = 1, timeout: float = WAIT) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.items) >= count, timeout), (
                f"{len(self.items)} of {count} arrived"
            )
            return list(self.items)


class Hook(Arrivals):
    """A webhook receiver; `answers` is consumed first, then everything is taken with 200."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[int] = []
        self.attempts = Arrivals()
        self.port = 0
        self.hold: threading.Event | None = None

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"

    def respond(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        status = self.answers.pop(0) if self.answers else 200
        self.attempts.add(status)
        if self.hold is not None:
            self.hold.wait(WAIT)
        if status == 200:
            self.add(body)
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()


@contextmanager
def hook_on(port: int = 0) -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.respond(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        hook.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield hook
        finally:
            if hook.hold is not None:
                hook.hold.set()
            server.shutdown()
            thread.join()


class Mailbox(Arrivals):
    """A mail server's handler that keeps what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=plainview@example.org&to=ops@example.org"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.add(mail)
        return "250 OK"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
