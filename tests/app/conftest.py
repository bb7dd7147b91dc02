"""The real app over ASGI with its lifespan, on real SQLite files."""

from __future__ import annotations

import asyncio
import io
import shutil
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from app.application import create_app
from app.database.engine import Database, open_database
from app.database.migrate import migrate
from app.generation.confined import Examiner, examining
from app.keys.store import create_key
from app.services import Services
from app.settings import Settings
from telemetry import Telemetry, TelemetrySettings, start
from tests.app.customer import Customer, Form
from tests.app.processes import Service, service

SAMPLES = Path(__file__).resolve().parents[2] / "app" / "samples"
TINY = "tests.app.tiny:TinyGenerator"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with new databases, to be copied: making them takes longer than most tests."""
    settings = Settings(home=tmp_path_factory.mktemp("migrated"))
    migrate(settings)
    return settings.data


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    """Settings of a service of its own, with its database migrated."""
    settings = Settings(
        home=tmp_path,
        generator=TINY,
        port=0,
        worker_port=0,
        allowed_hosts=("test",),
        cache_scope="off",
        rate_limits="off",
    )
    shutil.copytree(migrated, settings.data)
    return settings


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Every finished span of this process."""
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(spans: InMemorySpanExporter) -> Iterator[Telemetry]:
    configured = TelemetrySettings(gpu="off", service_name="test")
    with start(configured, registry=CollectorRegistry(), span_processor=SimpleSpanProcessor(spans)) as telemetry:
        yield telemetry


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    with open_database(settings.database) as database:
        yield database


@pytest.fixture
async def admin(settings: Settings) -> dict[str, str]:
    """Headers of an administrator."""
    return await headers_of(settings, "boss", role="admin")


@pytest.fixture
async def acme(settings: Settings) -> dict[str, str]:
    """Headers of a customer."""
    return await headers_of(settings, "acme")


async def headers_of(settings: Settings, customer: str, **facts: Any) -> dict[str, str]:
    """Return headers with a new key, made in a thread: a loop that waits keeps its service from ending what it writes."""
    return bearer((await asyncio.to_thread(create_key, settings, customer, **facts))[1].text)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Enter the app's lifespan and give a client of it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
def api(settings: Settings, telemetry: Telemetry, examiner: Examiner) -> FastAPI:
    return create_app(settings, telemetry, examiner=examiner)


@pytest.fixture(scope="session")
def examiner() -> Iterator[Examiner]:
    """What reads media in a process of its own, which many tests share."""
    with examining(2) as examiner:
        yield examiner


@pytest.fixture
async def client(api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(api) as client:
        yield client


@pytest.fixture
def services(api: FastAPI, client: httpx.AsyncClient) -> Services:
    """The open parts behind `client`."""
    services: Services = api.state.services
    return services


@pytest.fixture(scope="session")
def wav() -> bytes:
    """Half a second of silence."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def portrait() -> bytes:
    return (SAMPLES / "portrait.jpg").read_bytes()


@pytest.fixture
def form(portrait: bytes, wav: bytes) -> dict[str, tuple[str | None, bytes]]:
    """The fields of a good request; names of files are hostile, for nobody may use them."""
    return {"image": ("../../evil.sh", portrait), "audio": ("/etc/passwd", wav), "prompt": (None, b"A calm presenter")}


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """What the processes of `running` are told; a module adds to it by a fixture of its own."""
    return {
        "PLAINVIEW_HOME": str(settings.home),
        "PLAINVIEW_GENERATOR": TINY,
        "PLAINVIEW_GPU": "off",
        "PLAINVIEW_SHUTDOWN_GRACE_SECONDS": "1",
    }


@pytest.fixture
def running(environment: dict[str, str], tmp_path: Path) -> Iterator[Service]:
    """A service of processes, none of which runs yet."""
    with service(environment, tmp_path) as running:
        yield running


@pytest.fixture
def customer(running: Service, settings: Settings, form: Form) -> Iterator[Customer]:
    """A customer of `running`."""
    customer = Customer(running.url, create_key(settings, "acme")[1].text, form)
    yield customer
    customer.close()
