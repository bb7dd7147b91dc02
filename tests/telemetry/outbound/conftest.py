"""A web server that keeps the headers it was sent, a Redis, and spans of outbound calls."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import pytest

from tests.telemetry.outbound.redis_server import redis_server


class Far:
    """Somebody else's service at `url`: 404 for /missing, 200 for the rest; `headers` are those of all requests."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        far = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                far.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(404 if self.path == "/missing" else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def far() -> Iterator[Far]:
    with Far() as far:
        yield far


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("redis")
    with redis_server(folder) as port:
        yield port
