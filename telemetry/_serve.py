"""A small HTTP server in threads: metrics and probes of a process that has no other."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Final

from telemetry.exposition import REFUSAL, REFUSAL_HEADERS, Exposition, Gate
from telemetry.http._exposition import METRICS_PATH, render
from telemetry.serving.headers import HEADERS

#: Prometheus, the probes and people who look, with room; each costs a thread.
_MOST_CONNECTIONS: Final = 32
#: How long a client may take for all of its request.
_SECONDS: Final = 10.0

Check = Callable[[], bool]


@contextmanager
def serving(exposition: Exposition, gate: Gate, host: str, port: int, ready: Check) -> Iterator[int]:
    """Serve until the block ends; yields the port that was taken."""
    probes = _probes(ready)

    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == METRICS_PATH and not gate.admits(self.headers.get("authorization", "")):
                self._answer(401, REFUSAL, REFUSAL_HEADERS)
            elif path == METRICS_PATH:
                body, headers = render(
                    exposition, self.headers.get("accept", ""), self.headers.get("accept-encoding", ""), address
                )
                self._answer(200, body, headers)
            elif path in probes:
                good, word = probes[path]
                well = good()
                self._answer(200 if well else 503, b'{"status":"%s"}' % (word if well else b"not " + word), _JSON)
            else:
                self._answer(404, b'{"status":"not found"}', _JSON)

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response_only(status)  # send_response says which Python this is
            for name, value in {**HEADERS, **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
            # The base class answers a page, and says which Python this is.
            self.close_connection = True
            self._answer(code, b'{"status":"refused"}', _JSON)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Write nothing: a scrape every few seconds is no news."""

    try:
        server = _Server((host, port), Handler)
    except OSError as error:
        raise OSError(
            error.errno, f"cannot serve metrics on {host}:{port}: {error.strerror}. Free the port or set another"
        ) from error
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


class _Server(ThreadingHTTPServer):
    """Ends connections that are too many or take too long, so that a probe is always answered."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        # The handler's own time-out is for one read: who sends a byte now and then would hold the thread for ever.
        end = threading.Timer(_SECONDS, self.shutdown_request, (request,))
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Write nothing: a client that left is no news."""


_JSON: Final = {"content-type": "application/json", "cache-control": "no-store"}


def _probes(ready: Check) -> Mapping[str, tuple[Check, bytes]]:
    """Return what is asked at each path, and the word for it."""
    begun = threading.Event()

    def is_ready() -> bool:
        try:
            well = ready()
        except Exception:  # noqa: BLE001 - a check that fails is a process that is not ready
            return False
        if well:
            begun.set()
        return well

    return {
        "/health/live": (lambda: True, b"live"),
        "/health/startup": (lambda: begun.is_set() or is_ready(), b"started"),
        "/health/ready": (is_ready, b"ready"),
        "/health": (is_ready, b"ready"),
        "/ready": (is_ready, b"ready"),
    }
