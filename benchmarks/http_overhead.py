# ruff: noqa: INP001 - a folder of scripts, no package
"""What telemetry costs a request: CPU of the server process, bare and instrumented, measured in turns.

    python benchmarks/http_overhead.py [--rounds 5] [--requests 6000] [--extra-routes 0] [--variants bare contrib lean]

Each round starts a fresh uvicorn for each variant, warms it up, sends the requests over 16 connections and asks the
server for its own CPU clock before and after. The figure to trust is the median of the added microseconds, and their
ratio to a peer's in the same run; requests per second depend on the client, which shares the machine.

`contrib` and `lean` are full telemetry on either span source, `metrics` is the same without server spans. `trio` is
what people put together today (OpenTelemetry without receive and send spans, prometheus-fastapi-instrumentator, a
structlog line), `otel` and `instrumentator` are the first two alone. A peer that is not installed is left out.
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
import uvloop
from fastapi import FastAPI
from peers import NEEDS, instrument_with, missing
from pydantic import BaseModel

CONNECTIONS = 16
OURS = {"contrib": "contrib", "lean": "lean", "metrics": "off"}
VARIANTS = ("bare", "bare2", *OURS, *NEEDS)


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
        if variant in OURS:
            from telemetry import TelemetrySettings, instrument, start  # noqa: PLC0415 - the others must not pay for it

            settings = TelemetrySettings(service_name="benchmark", otlp_endpoint=sink, span_source=OURS[variant])
            instrument(app, stack.enter_context(start(settings)))
        elif variant in NEEDS:
            instrument_with(variant, app, sink)
        uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


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
def running(*arguments: str, program: str = __file__) -> Iterator[None]:
    command = [sys.executable, program, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - of this folder
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


class Connection(asyncio.Protocol):
    """Sends `count` requests, each when the answer before has come; cheap, so that the server is what is busy."""

    def __init__(self, requests: tuple[bytes, ...], count: int) -> None:
        self._requests = requests
        self._left = count
        self._sent = 0
        self._got = b""
        self.body = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        if self._sent == self._left:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(self._requests[self._sent % len(self._requests)])
            self._sent += 1

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(f"the server answered {head[:60]!r}"))
            self._transport.close()
            return
        after = head.index(b"content-length: ") + 16
        if len(body) >= int(head[after : after + 8].partition(b"\r")[0]):
            self.body, self._got = body, b""
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


async def ask(port: int, requests: tuple[bytes, ...], count: int) -> bytes:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: Connection(requests, count), "127.0.0.1", port)
    await connection.done
    return connection.body


async def load(port: int, requests: int) -> tuple[float, float]:
    """Send `requests` and return the server's CPU seconds for them, and the seconds they took."""

    async def cpu() -> float:
        return float(json.loads(await ask(port, (b"GET /cpu HTTP/1.1\r\nhost: t\r\n\r\n",), 1))["cpu"])

    before, began = await cpu(), time.perf_counter()
    await asyncio.gather(*(ask(port, REQUESTS, requests // CONNECTIONS) for _ in range(CONNECTIONS)))
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
        uvloop.run(load(port, options.requests // 4))
        cpu, seconds = uvloop.run(load(port, options.requests))
    return {"us": cpu / options.requests * 1e6, "per_second": options.requests / seconds}


def report(results: dict[str, list[dict[str, float]]]) -> None:
    bare = [run["us"] for run in results["bare"]]
    row = "{:<15} {:>10} {:>9} {:>13} {:>7} {:>8} {:>8} {:>10} {:>11}\n"
    head = ("variant", "us/request", "added us", "min-max", "x bare", "of trio", "of otel", "of instr.", "requests/s")
    sys.stdout.write(row.format(*head))
    added = {
        variant: [run["us"] - base for run, base in zip(runs, bare, strict=True)] for variant, runs in results.items()
    }

    def part_of(variant: str, peer: str) -> str:
        if peer not in added or variant == "bare":
            return ""
        return f"{statistics.median(added[variant]) / statistics.median(added[peer]):.2f}"

    for variant, runs in results.items():
        used = [run["us"] for run in runs]
        ratio = statistics.median(us / base for us, base in zip(used, bare, strict=True))
        cells: tuple[Any, ...] = (
            f"{statistics.median(used):.0f}",
            f"{statistics.median(added[variant]):+.1f}",
            f"{min(added[variant]):+.0f}..{max(added[variant]):+.0f}",
            f"{ratio:.2f}",
            *(part_of(variant, peer) for peer in ("trio", "otel", "instrumentator")),
            f"{statistics.median(run['per_second'] for run in runs):.0f}",
        )
        sys.stdout.write(row.format(variant, *cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=6000)
    parser.add_argument("--extra-routes", type=int, default=0)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
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
    for variant in options.variants:
        if absent := missing(variant):
            sys.stdout.write(f"{variant}: not installed ({', '.join(absent)})\n")
    variants = ["bare", *(variant for variant in options.variants if variant != "bare" and not missing(variant))]
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
