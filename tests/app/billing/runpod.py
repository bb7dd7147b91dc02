"""A local server that answers as RunPod documents it, and can be told to answer otherwise."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY = "rpa_PLANTEDSECRETPLANTEDSECRET"


class RunPodServer:
    """Answers at `url`: `bodies` by path, `status` and `headers` for all; `asked` has each path and its parameters."""

    def __init__(self) -> None:
        self.bodies: dict[str, object] = {}
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.asked.append((parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}))
        allowed = handler.headers.get("authorization") == f"Bearer {KEY}"
        body = self.bodies.get(parts.path, [])
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(self.status if allowed else 401)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


@contextmanager
def running() -> Iterator[RunPodServer]:
    server = RunPodServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
