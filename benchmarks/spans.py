# ruff: noqa: INP001 - a folder of scripts, no package
"""Whether spans are lost when there are many of them and the trace receiver takes its time.

    python benchmarks/spans.py [--rate 8000] [--seconds 10]

A process ends spans with 13 attributes at a steady rate, in bursts every 5 ms, and exports them to a receiver in another
process that answers each post after so many milliseconds and counts what it gets. Default settings; `sdk` is
OpenTelemetry's own batch processor and exporter with their defaults. Takes about two minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from receivers import GOOD, Behaviour, TraceReceiver

BURST = 0.005
ATTRIBUTES = {
    "http.request.method": "GET",
    "http.route": "/items/{item_id}",
    "http.response.status_code": 200,
    "url.path": "/items/42",
    "url.scheme": "http",
    "server.address": "shop.test",
    "server.port": 8000,
    "client.address": "10.0.0.1",
    "client.port": 50000,
    "network.protocol.version": "1.1",
    "user_agent.original": "benchmark/1.0",
    "plainview.customer": "acme",
    "plainview.request_id": "0123456789abcdef0123456789abcdef",
}


def produce(kind: str, url: str, rate: float, seconds: float) -> dict[str, float]:
    """End spans for so long, and return what this process and its series say."""
    with (ours if kind == "ours" else sdk)(url) as (tracer, series):
        end_spans(tracer, rate, 0.5)
        memory, cpu, began = occupied(), time.process_time(), time.perf_counter()
        longest, ended = end_spans(tracer, rate, seconds, lambda: series().get("queued", 0))
        took, used = time.perf_counter() - began, time.process_time() - cpu
        grown = occupied() - memory
    return {
        **series(),
        "rate": ended / took,
        "core": used / took,
        "grown": grown,
        "longest": longest,
        "ended": ended + int(rate * 0.5),
    }


def end_spans(tracer: Any, rate: float, seconds: float, queued: Callable[[], float] = lambda: 0) -> tuple[float, int]:
    """Return the longest queue seen between two bursts, and how many spans were ended."""
    began, ended, longest = time.perf_counter(), 0, 0.0
    while ended < int(rate * seconds):
        due = int(rate * (time.perf_counter() - began + BURST))
        for _ in range(min(due, int(rate * seconds)) - ended):
            tracer.start_span("GET /items/{item_id}", attributes=ATTRIBUTES).end()
            ended += 1
        longest = max(longest, queued())
        time.sleep(max(0.0, began + ended / rate - time.perf_counter()))
    return longest, ended


def occupied() -> float:
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def ours(url: str) -> Iterator[tuple[Any, Callable[[], dict[str, float]]]]:
    from telemetry import TelemetrySettings, start  # noqa: PLC0415 - the path is set below

    def series() -> dict[str, float]:
        value = telemetry.registry.get_sample_value
        reasons = ("queue_full", "export_failed", "rejected", "shutdown")
        dropped = sum(value("telemetry_spans_dropped_total", {"reason": reason}) or 0 for reason in reasons)
        return {"queued": value("telemetry_span_queue_length") or 0, "dropped": dropped}

    settings: Any = {"service_name": "benchmark", "otlp_endpoint": url}
    with start(TelemetrySettings(**settings)) as telemetry:
        yield telemetry.tracer, series


@contextmanager
def sdk(url: str) -> Iterator[tuple[Any, Callable[[], dict[str, float]]]]:
    from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: PLC0415 - ours must not pay for it
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider()
    exporter = OTLPSpanExporter(f"{url}/v1/traces", compression=Compression.Gzip)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    yield provider.get_tracer("benchmark"), dict
    provider.shutdown()


def measured(kind: str, milliseconds: int, options: argparse.Namespace) -> list[str]:
    with TraceReceiver() as receiver:
        receiver.behave = Behaviour(GOOD, milliseconds / 1000)
        arguments = ["--produce", kind, receiver.url, "--rate", str(options.rate), "--seconds", str(options.seconds)]
        command = [sys.executable, __file__, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - this file
        found = json.loads(done.stdout.splitlines()[-1])
        lost = found["ended"] - receiver.spans
        return [
            kind,
            f"{milliseconds}",
            f"{found['rate']:.0f}",
            f"{receiver.spans:.0f}",
            f"{lost:.0f} ({lost / found['ended']:.0%})",
            f"{found['dropped']:.0f}" if "dropped" in found else "",
            f"{found['longest']:.0f}" if kind == "ours" else "",
            f"{receiver.largest}",
            f"{found['core']:.0%}",
            f"{found['grown']:+.1f}",
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=8000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--milliseconds", type=int, nargs="+", default=[0, 50, 200, 400])
    parser.add_argument("--produce", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.produce:
        kind, url = options.produce
        sys.stdout.write(json.dumps(produce(kind, url, options.rate, options.seconds)) + "\n")
        return
    head = ["", "ms", "spans/s", "received", "lost", "counted", "longest queue", "largest post", "of a core", "MiB +"]
    row = "{:<5} {:>4} {:>8} {:>9} {:>13} {:>8} {:>14} {:>13} {:>10} {:>6}\n"
    sys.stdout.write(row.format(*head))
    for milliseconds in options.milliseconds:
        for kind in ("ours", "sdk"):
            sys.stdout.write(row.format(*measured(kind, milliseconds, options)))
            sys.stdout.flush()


if __name__ == "__main__":
    os.environ["PYTHONWARNINGS"] = "ignore"
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
