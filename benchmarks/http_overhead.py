# ruff: noqa: INP001 - a folder of scripts, no package
"""What telemetry costs a request: CPU of the server process, bare and instrumented, measured in turns.

    python benchmarks/http_overhead.py [--rounds 5] [--requests 4000] [--extra-routes 0] [--variants bare telemetry otel]

Each round starts a fresh uvicorn for each variant, warms it up, sends the requests over 16 connections and asks the
server for its own CPU clock before and after. The figure to trust is the median of the added microseconds; requests
per second depend on the client, which shares the machine. `otel` is opentelemetry-instrumentation-fastapi with the
SDK's own batch processor and neither metrics nor log lines, as a yardstick.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

CONNECTIONS = 16
VARIANTS = ("bare", "telemetry", "metrics", "otel")


class Item(BaseModel):
    name: str
    price: float = 1.0


def make_app(extra_routes: int) -> FastAPI:
    """Return three ordinary routes behind `extra_routes` others."""
    app = FastAPI()
    for number in range(extra_routes):
        app.get(f"/extra/{number}/{{name}}")(lambda name: name)

    @app.get("/ping")
    async def ping() -> dict[str, bool]:
        return {"ok": True}

    @app.get("/items/{item_id}")
    async def item(item_id: int) -> dict[str, int]:
        return {"item_id": item_id}

    @app.post("/echo")
    async def echo(item: Item) -> Item:
        return item

    @app.get("/cpu")
    async def cpu() -> dict[str, float]:
        return {"cpu": time.process_time()}

    return app


def serve(variant: str, port: int, sink: str, extra_routes: int) -> None:
    """Run one variant until it is killed."""
    app = make_app(extra_routes)
    with ExitStack() as stack:
        if variant in ("telemetry", "metrics"):
            from telemetry import TelemetrySettings, instrument, start  # noqa: PLC0415 - the others must not pay for it

            ratio = 1.0 if variant == "telemetry" else 0.0
            settings = TelemetrySettings(service_name="benchmark", otlp_endpoint=sink, sample_ratio=ratio)
            instrument(app, stack.enter_context(start(settings)))
        elif variant == "otel":
            _instrument_with_otel(app, sink)
        uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


def _instrument_with_otel(app: FastAPI, sink: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{sink}/v1/traces")))
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, exclude_spans=["receive", "send"])


def drain(port: int) -> None:
    """Run a trace receiver that forgets what it gets."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


@contextmanager
def running(*arguments: str) -> Iterator[None]:
    command = [sys.executable, __file__, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - this file
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


REQUESTS = (
    b"GET /ping HTTP/1.1\r\nhost: t\r\n\r\n",
    b"GET /items/42 HTTP/1.1\r\nhost: t\r\n\r\n",
    b'POST /echo HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{"name":"box"}',
)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the server answered {head[:60]!r}")
    length = next(line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    return await reader.readexactly(int(length))


async def load(port: int, requests: int) -> tuple[float, float]:
    """Send `requests` and return the server's CPU seconds for them, and the seconds they took."""

    async def one_connection(count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(count):
            await ask(reader, writer, REQUESTS[number % len(REQUESTS)])
        writer.close()
        await writer.wait_closed()

    async def cpu() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = await ask(reader, writer, b"GET /cpu HTTP/1.1\r\nhost: t\r\n\r\n")
        writer.close()
        return float(json.loads(body)["cpu"])

    before, began = await cpu(), time.perf_counter()
    await asyncio.gather(*(one_connection(requests // CONNECTIONS) for _ in range(CONNECTIONS)))
    seconds = time.perf_counter() - began
    await asyncio.sleep(1.2)  # the last batch of spans is exported within a second and belongs to the cost
    return await cpu() - before, seconds


def wait_until_up(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")


def measure(variant: str, sink: str, options: argparse.Namespace) -> dict[str, float]:
    port = free_port()
    with running("--serve", variant, "--port", str(port), "--sink", sink, "--extra-routes", str(options.extra_routes)):
        wait_until_up(port)
        asyncio.run(load(port, options.requests // 4))
        cpu, seconds = asyncio.run(load(port, options.requests))
    return {"us": cpu / options.requests * 1e6, "per_second": options.requests / seconds}


def report(results: dict[str, list[dict[str, float]]]) -> None:
    bare = [run["us"] for run in results["bare"]]
    row = "{:<10} {:>10} {:>10} {:>8} {:>10}\n"
    sys.stdout.write(row.format("variant", "us/request", "added us", "x bare", "requests/s"))
    for variant, runs in results.items():
        used = [run["us"] for run in runs]
        added = statistics.median(us - base for us, base in zip(used, bare, strict=True))
        ratio = statistics.median(us / base for us, base in zip(used, bare, strict=True))
        rate = statistics.median(run["per_second"] for run in runs)
        cells: tuple[Any, ...] = (f"{statistics.median(used):.0f}", f"{added:+.0f}", f"{ratio:.2f}", f"{rate:.0f}")
        sys.stdout.write(row.format(variant, *cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--extra-routes", type=int, default=0)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=["bare", "telemetry", "metrics", "otel"])
    parser.add_argument("--serve", choices=VARIANTS, help=argparse.SUPPRESS)
    parser.add_argument("--drain", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--sink", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drain:
        drain(options.port)
    elif options.serve:
        serve(options.serve, options.port, options.sink, options.extra_routes)
    else:
        compare(options)


def compare(options: argparse.Namespace) -> None:
    variants = ["bare", *(variant for variant in options.variants if variant != "bare")]
    results: dict[str, list[dict[str, float]]] = {variant: [] for variant in variants}
    port = free_port()
    with running("--drain", "--port", str(port)):
        wait_until_up(port)
        for number in range(options.rounds):
            # Another one begins in each round, so that a busy moment does not always hit the same.
            turn = variants[number % len(variants) :] + variants[: number % len(variants)]
            for variant in turn:
                results[variant].append(measure(variant, f"http://127.0.0.1:{port}", options))
    report(results)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
