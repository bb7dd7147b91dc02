from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stack import healthcheck


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.end_headers()
        self.wfile.write(b"because")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_ready_is_zero(server: str) -> None:
    assert healthcheck.main(f"{server}/200") == 0


def test_not_ready_is_one_and_says_why(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main(f"{server}/503") == 1
    assert "503: because" in capsys.readouterr().err


def test_nobody_listening_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main("http://127.0.0.1:9/") == 1
    assert "refused" in capsys.readouterr().err
