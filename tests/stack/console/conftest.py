import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from stack.console.app import create_app
from stack.console.settings import ConsoleSettings
from telemetry import Telemetry, TelemetrySettings, start
from tests.stack.tracestore.serving import serving

TOKEN = "a-token-of-thirty-two-characters"
UNUSED = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    """The settings read the environment, and whoever runs the tests may run a stack too."""
    for name in list(os.environ):
        if name.startswith(("PLAINVIEW_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    with start(TelemetrySettings(service_name="console", gpu="off"), registry=CollectorRegistry()) as started:
        yield started


@pytest.fixture
def settings() -> ConsoleSettings:
    urls = dict.fromkeys(("prometheus_url", "alertmanager_url", "jaeger_url", "notifier_url"), UNUSED)
    return ConsoleSettings(console_token=TOKEN, notifier_token="notifier-secret", **urls)


@pytest.fixture
def open_console(telemetry, settings) -> Callable:
    """Return a context manager that gives a client of a console with changed settings."""

    @asynccontextmanager
    async def _open(**changes) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(ConsoleSettings(**(settings.model_dump() | changes)), telemetry)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client,
        ):
            yield client

    return _open


@pytest.fixture
async def visitor(open_console) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has not signed in."""
    async with open_console() as client:
        yield client


@pytest.fixture
async def client(visitor) -> httpx.AsyncClient:
    """A browser that has."""
    await sign_in(visitor)
    return visitor


async def sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sign-in", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


class Backend:
    """A small real server that stands for a backend: remembers what it was asked, answers as told."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        self.asked: list[dict] = []
        self.answer: Callable[[], Response] = lambda: JSONResponse({"status": "success"})

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        request = Request(scope, receive)
        self.asked.append(
            {
                "method": request.method,
                "target": scope["raw_path"].decode() + (f"?{request.url.query}" if request.url.query else ""),
                "headers": dict(request.headers),
                "body": (await request.body()).decode(),
            }
        )
        await self.answer()(scope, receive, send)

    def redirects(self) -> None:
        self.answer = lambda: RedirectResponse("http://elsewhere.test/")


@pytest.fixture(scope="module")
def backend_server() -> Iterator[Backend]:
    made = Backend()
    with serving(made) as made.url:
        yield made


@pytest.fixture
def backend(backend_server) -> Backend:
    """A backend that has not been asked anything yet."""
    backend_server.reset()
    return backend_server
