"""A real OTLP/HTTP receiver that a test can make slow, broken or silent."""

from __future__ import annotations

import gzip
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Sink:
    """Takes spans at `url`. `answers` are the next status codes, 200 when empty; `hold` keeps every answer back."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[Resource] = []
        self.headers: list[dict[str, str]] = []
        self.answers: deque[int] = deque()
        self.reject = 0
        self.body: bytes | None = None
        self.kind = "application/x-protobuf"
        self.hold = threading.Event()
        self.hold.set()
        self.arrived = threading.Semaphore(0)
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                sink.arrived.release()
                sink.hold.wait()
                sink.take(self, body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address) -> None:
                """The client may have left while an answer was held back."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        status = self.answers.popleft() if self.answers else 200
        if status == 200:
            self.headers.append({name.lower(): value for name, value in handler.headers.items()})
            request = ExportTraceServiceRequest.FromString(gzip.decompress(body))
            self.resources += [rs.resource for rs in request.resource_spans]
            self.spans += [s for rs in request.resource_spans for ss in rs.scope_spans for s in ss.spans]
        answer = ExportTraceServiceResponse()
        answer.partial_success.rejected_spans = self.reject
        content = self.body if self.body is not None else answer.SerializeToString()
        handler.send_response(status)
        handler.send_header("content-type", self.kind)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hold.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
