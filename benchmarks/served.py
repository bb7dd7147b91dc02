# ruff: noqa: INP001 - a folder of scripts, no package
"""One of the measured apps in a process of its own, and what the operating system and its series say about it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from http_overhead import OURS, free_port, make_app, wait_until_up
from peers import NEEDS, instrument_with

#: Where this process may run. The first is the server's, the others are for who asks and who receives its spans.
CORES = sorted(os.sched_getaffinity(0))
_LINES_OF_A_HISTOGRAM = 17


@dataclass
class Server:
    """A running app. `stopped` is the seconds that it took to end, once it has."""

    pid: int
    port: int
    stopped: float = field(default=0)

    def memory(self) -> float:
        """Return the MiB that the process occupies."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def get(self, path: str, **headers: str) -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - this machine
            return str(answer.read().decode())

    def series(self, name: str) -> dict[str, float]:
        """Return the values of one family by their labels, those of zero left out."""
        lines = [line for line in self.get("/metrics").splitlines() if line.startswith(name)]
        values = {line.rpartition(" ")[0].removeprefix(name): float(line.rpartition(" ")[2]) for line in lines}
        return {labels: value for labels, value in values.items() if value}

    def stall(self) -> float:
        """Return the longest time in seconds that the event loop was held up since this was asked last."""
        return float(json.loads(self.get("/stall"))["seconds"])


@contextmanager
def served(variant: str, sink: str, *, series: int = 0) -> Iterator[Server]:
    """Run `variant` on the first core, which the caller leaves to it where there is another."""
    port = free_port()
    arguments = [variant, "--port", str(port), "--sink", sink, "--series", str(series), "--core", str(CORES[0])]
    process = subprocess.Popen(  # noqa: S603 - this file
        [sys.executable, __file__, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    server = Server(process.pid, port)
    try:
        wait_until_up(port)
        yield server
    finally:
        began = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        server.stopped = time.perf_counter() - began


class StallWatch:
    """Sleeps for a millisecond again and again, and notes by how much the loop was late."""

    def __init__(self) -> None:
        self._longest = 0.0

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(self._watch())
        yield
        task.cancel()

    async def _watch(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            self._longest = max(self._longest, time.perf_counter() - began - 0.001)

    def taken(self) -> dict[str, float]:
        longest, self._longest = self._longest, 0.0
        return {"seconds": longest}


def _serve(variant: str, port: int, sink: str, series: int) -> None:
    app = make_app(0)
    if series:
        watch = StallWatch()
        app.router.lifespan_context = watch.lifespan
        app.get("/stall")(watch.taken)
    with ExitStack() as stack:
        if variant in OURS:
            _instrument(stack, app, variant, sink, series)
        elif variant in NEEDS:
            instrument_with(variant, app, sink)
        uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


def _instrument(stack: ExitStack, app: FastAPI, variant: str, sink: str, series: int) -> None:
    from telemetry import TelemetrySettings, instrument, start  # noqa: PLC0415 - the others must not pay for it

    settings: Any = {"service_name": "benchmark", "otlp_endpoint": sink, "span_source": OURS[variant]}
    telemetry = stack.enter_context(start(TelemetrySettings(**settings)))
    instrument(app, telemetry)
    if series:
        from prometheus_client import Histogram  # noqa: PLC0415 - as above

        took = Histogram("took_seconds", "Time taken.", ["step"], registry=telemetry.registry)
        for number in range(series // _LINES_OF_A_HISTOGRAM):
            took.labels(f"step {number}").observe(0.1, {"trace_id": "a" * 32, "span_id": "b" * 16})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sink", required=True)
    parser.add_argument("--series", type=int, default=0)
    parser.add_argument("--core", type=int, required=True)
    options = parser.parse_args()
    os.sched_setaffinity(0, {options.core})
    _serve(options.variant, options.port, options.sink, options.series)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
