# ruff: noqa: INP001 - a folder of scripts, no package
"""Trace receivers that work, refuse, dawdle or talk nonsense: what telemetry is measured and tested against."""

from __future__ import annotations

import argparse
import gzip
import socket
import socketserver
import threading
from dataclasses import dataclass
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a receiver answers to each post, after how many seconds, and whether it hangs up then."""

    answer: bytes
    seconds: float = 0
    hangs_up: bool = False


def _http(status: str, body: bytes = b"", kind: str = "application/x-protobuf", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def _rejecting(spans: int) -> bytes:
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = spans
    return answer.SerializeToString()


GOOD = _http("200 OK")
#: "dead" is not here: that is a port where nobody listens.
BEHAVIOURS = {
    "healthy": Behaviour(GOOD),
    "200 ms": Behaviour(GOOD, 0.2),
    "slow": Behaviour(GOOD, 10),
    "429": Behaviour(_http("429 Too Many Requests", more="retry-after: 2\r\n")),
    "503": Behaviour(_http("503 Service Unavailable")),
    "400": Behaviour(_http("400 Bad Request")),
    "413": Behaviour(_http("413 Content Too Large")),
    # The first frame of HTTP/2, as the port for OTLP over gRPC sends it.
    "not HTTP": Behaviour(b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00", hangs_up=True),
    "web page": Behaviour(_http("200 OK", b"<html>Welcome</html>", "text/html")),
    "unreadable": Behaviour(_http("200 OK", b"\xff\xfe\xfd")),
    "half a body": Behaviour(_http("200 OK", b"x" * 100)[:-60], hangs_up=True),
    "partial success": Behaviour(_http("200 OK", _rejecting(3))),
    "absurd partial success": Behaviour(_http("200 OK", _rejecting(2**40))),
}


class TraceReceiver:
    """Listens at `url`; `behave` may change at any time. Counts the posts, and the spans when `counting`."""

    def __init__(self, behaviour: str = "healthy", port: int = 0, *, counting: bool = True) -> None:
        self.behave = BEHAVIOURS[behaviour]
        self.posts = 0
        self.spans = 0
        self.largest = 0
        self._counting = counting
        self._closed = threading.Event()
        self._lock = threading.Lock()
        receiver = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while receiver.serve(self):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """The client may have left while an answer was held back."""

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self, handler: socketserver.StreamRequestHandler) -> bool:
        """Read one post and answer it; False when the connection is over."""
        length = 0
        while (line := handler.rfile.readline()) != b"\r\n":
            if not line:
                return False
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        body = handler.rfile.read(length)
        behave = self.behave
        self._count(body)
        if behave.seconds:
            self._closed.wait(behave.seconds)
        handler.wfile.write(behave.answer)
        if behave.hangs_up:
            handler.connection.shutdown(socket.SHUT_RDWR)
        return not behave.hangs_up

    def _count(self, body: bytes) -> None:
        spans = 0
        if self._counting:
            request = ExportTraceServiceRequest.FromString(gzip.decompress(body))
            spans = sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)
        with self._lock:
            self.posts += 1
            self.spans += spans
            self.largest = max(self.largest, spans)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def main() -> None:
    """Run a receiver of the given behaviour at the given port until this process is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("behaviour", choices=BEHAVIOURS)
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    with TraceReceiver(options.behaviour, options.port, counting=False):
        threading.Event().wait()


if __name__ == "__main__":
    main()
