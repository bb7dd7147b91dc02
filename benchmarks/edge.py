# ruff: noqa: INP001
"""What the checks of names and the security headers add to a request: the same app with and without, in turns.

`python benchmarks/edge.py` prints CPU per request and the ratio within each round.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import time

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message

from telemetry import Telemetry, TelemetrySettings, instrument, start
from telemetry.serving.around import around
from telemetry.serving.headers import SecurityHeaders
from telemetry.serving.hosts import KnownHosts

ROUNDS, REQUESTS = 40, 200


def made(telemetry: Telemetry, *, edge: bool) -> ASGIApp:
    """Return an app with one route, with telemetry and perhaps the edge around it."""
    app = FastAPI()

    @app.get("/hello")
    async def hello() -> dict[str, int]:
        return {"a": 1}

    if edge:
        app.add_middleware(KnownHosts, names=(), refusal=lambda _: app)
    instrument(app, telemetry)
    if edge:
        around(app, SecurityHeaders)
    return app


async def ask(app: ASGIApp) -> None:
    """Send one request by hand: no server is measured."""
    names = {b"host": b"127.0.0.1:8000", b"user-agent": b"x", b"accept": b"*/*", b"authorization": b"Bearer x"}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/hello", "raw_path": b"/hello", "query_string": b"", "root_path": "", "headers": list(names.items()),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Message) -> None:
        """Read nothing."""

    await app(scope, receive, send)


async def main() -> None:
    """Measure and print."""
    logging.disable(logging.CRITICAL)
    with start(TelemetrySettings(gpu="off"), registry=CollectorRegistry()) as telemetry:
        apps = {"without": made(telemetry, edge=False), "with": made(telemetry, edge=True)}
        spent: dict[str, list[float]] = {name: [] for name in apps}
        for number in range(ROUNDS + 2):
            for name, app in apps.items():
                began = time.process_time()
                for _ in range(REQUESTS):
                    await ask(app)
                if number >= 2:  # noqa: PLR2004 - the first two warm up
                    spent[name].append((time.process_time() - began) / REQUESTS)
    ratios = [edge / bare for edge, bare in zip(spent["with"], spent["without"], strict=True)]
    for name, seconds in spent.items():
        print(f"{name:8} {statistics.median(seconds) * 1e6:6.1f} us")  # noqa: T201
    print(f"ratio    {statistics.median(ratios):6.3f}")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
