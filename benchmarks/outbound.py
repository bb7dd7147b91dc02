"""What a span costs the thread that makes a call, and what sampling saves: `python benchmarks/outbound.py`.

Each operation runs with and without, in turns, in one process; the figure is the CPU time of the calling thread, the
least of all rounds. Spans are encoded, as their receiver takes them, and never sent.
"""  # noqa: INP001 - a script beside the project

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
from sqlalchemy import create_engine, text

from telemetry import Telemetry, TelemetrySettings, start

ROUNDS: Final = 9
CALLS: Final = 300


class _Far(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing."""


def _seconds(call: Callable[[], Any]) -> float:
    began = time.thread_time()
    for _ in range(CALLS):
        call()
    return (time.thread_time() - began) / CALLS


def _within_a_trace(settings: dict[str, Any], call: Callable[[], Any]) -> float:
    # A receiver that nobody listens at: spans wait encoded until the queue is full.
    with (
        start(TelemetrySettings(otlp_endpoint="http://127.0.0.1:9", **settings)) as telemetry,
        telemetry.tracer.start_as_current_span("request"),
    ):
        return _seconds(call)


def _span(telemetry: Telemetry) -> None:
    with telemetry.tracer.start_as_current_span("part"):
        pass


def _spans(settings: dict[str, Any]) -> float:
    with (
        start(TelemetrySettings(otlp_endpoint="http://127.0.0.1:9", **settings)) as telemetry,
        telemetry.tracer.start_as_current_span("request"),
    ):
        return _seconds(lambda: _span(telemetry))


def main() -> None:
    """Print a table."""
    with ExitStack() as stack:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Far)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        client = stack.enter_context(httpx.Client())
        connection = stack.enter_context(create_engine("sqlite://").connect())
        pool = stack.enter_context(ThreadPoolExecutor(1))
        url, statement = f"http://127.0.0.1:{server.server_address[1]}/", text("SELECT 1")
        calls: dict[str, Callable[[], Any]] = {
            "httpx": lambda: client.get(url),
            "sqlalchemy": lambda: connection.execute(statement).all(),
            "threads": lambda: pool.submit(int),
        }
        least: dict[tuple[str, str], float] = {}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                for way, outbound in (("without", ()), ("with", (name,))):
                    least[name, way] = min(least.get((name, way), 9), _within_a_trace({"outbound": outbound}, call))
            for way, settings in {
                "sampled": {},
                "not sampled, kept if it fails": {"sample_ratio": 0},
                "not sampled": {"sample_ratio": 0, "trace_errors": False, "trace_slow": 0},
            }.items():
                least["span", way] = min(least.get(("span", way), 9), _spans(settings))
    for (name, way), seconds in least.items():
        print(f"{name:12} {way:32} {seconds * 1e6:7.1f} us")  # noqa: T201


if __name__ == "__main__":
    main()
