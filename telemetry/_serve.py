"""A small HTTP server in a thread: metrics and health of a process that has no other."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from telemetry.exposition import REFUSAL, REFUSAL_HEADERS, Exposition, Gate
from telemetry.http._exposition import METRICS_PATH, render


@contextmanager
def serving(exposition: Exposition, gate: Gate, host: str, port: int, ready: Callable[[], bool]) -> Iterator[int]:
    """Serve until the block ends; yields the port that was taken."""

    class Handler(BaseHTTPRequestHandler):
        # A client that stalls costs one thread for this long.
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == METRICS_PATH and not gate.admits(self.headers.get("authorization", "")):
                self._answer(401, REFUSAL, REFUSAL_HEADERS)
            elif path == METRICS_PATH:
                body, headers = render(
                    exposition, self.headers.get("accept", ""), self.headers.get("accept-encoding", ""), address
                )
                self._answer(200, body, headers)
            elif path == "/health/live":
                self._answer(200, b'{"status":"live"}', _JSON)
            elif path == "/health/ready":
                good = _asked(ready)
                self._answer(200 if good else 503, b'{"status":"%s"}' % (b"ready" if good else b"not ready"), _JSON)
            else:
                self._answer(404, b'{"status":"not found"}', _JSON)

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Write nothing: a scrape every few seconds is no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise OSError(
            error.errno, f"cannot serve metrics on {host}:{port}: {error.strerror}. Free the port or set another"
        ) from error
    server.daemon_threads = True
    address: tuple[str, int] = (str(server.server_address[0]), server.server_address[1])
    exposition.begin()
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="plainview-metrics", daemon=True)
    thread.start()
    try:
        yield address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_JSON = {"content-type": "application/json"}


def _asked(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except Exception:  # noqa: BLE001 - a check that fails is a process that is not ready
        return False
