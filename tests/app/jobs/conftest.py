"""A worker's parts in this process: jobs are delivered by hand, everything after the delivery is real."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from app.breakers import Breakers
from app.database.engine import Database
from app.generation import load
from app.generation.confined import Examiner
from app.jobs.attempt import Attempt
from app.jobs.files import JobFiles, is_storage_away
from app.jobs.restarting import Restarting
from app.jobs.runner import Runner
from app.jobs.worker_files import WorkerFiles
from app.jobs.worker_identity import Identity
from app.ledger.book import Book
from app.ledger.entry import BookedPrice
from app.ledger.keeping import Keeper
from app.settings import Settings
from telemetry import Telemetry
from telemetry.gpu import Device

CPU = Device("cpu", "Test CPU")

Submit = Callable[..., "object"]


@pytest.fixture
def files(settings: Settings) -> JobFiles:
    files = JobFiles(settings.data)
    files.prepare()
    return files


@pytest.fixture
def keeper(database: Database, telemetry: Telemetry) -> Keeper:
    """What the runners book the device's time in; written when a run ends."""
    return Keeper(database, "w1", Book(CPU, BookedPrice(190_000, "test")), telemetry)


@pytest.fixture
def runner_of(
    settings: Settings, database: Database, files: JobFiles, keeper: Keeper, telemetry: Telemetry, examiner: Examiner
) -> Callable[[str], Runner]:
    """Return a function that makes the runner of the worker with this id."""

    def make(worker_id: str) -> Runner:
        generator = load(settings.generator, CPU)
        kept = WorkerFiles(
            files,
            Breakers(telemetry).make("storage", threshold=1, pause=timedelta(milliseconds=10), counts=is_storage_away),
        )
        attempt = Attempt(database, kept, generator, keeper, telemetry, examiner)
        identity = Identity(worker_id, CPU, generator.model)
        restarting = Restarting(identity, telemetry, threading.Event(), leak_bytes=2**30, memory_bytes=None)
        return Runner(database, kept, attempt, identity, telemetry, restarting=restarting, tariff=settings.tariff)

    return make


@pytest.fixture
def runner(runner_of: Callable[[str], Runner]) -> Runner:
    return runner_of("w1")


@pytest.fixture
def submit(client: httpx.AsyncClient, acme: dict[str, str], form: dict[str, tuple[str | None, bytes]]):
    """Return a function that submits a job with this prompt and returns the accepted answer."""

    async def send(prompt: str = "hello") -> dict[str, object]:
        answer = await client.post("/generate", headers=acme, files=form | {"prompt": (None, prompt.encode())})
        assert answer.status_code == 202, answer.text
        return answer.json()

    return send
