"""Lack of memory and leaks of a model, run by hand: everything after the delivery is real."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.breakers import Breakers
from app.database.engine import Database
from app.generation import load
from app.generation.confined import Examiner
from app.jobs.attempt import Attempt
from app.jobs.exit_status import EXIT_STATUS, Reason
from app.jobs.files import JobFiles, is_storage_away
from app.jobs.host_memory import available_bytes
from app.jobs.restarting import Restarting
from app.jobs.runner import Runner
from app.jobs.worker_files import WorkerFiles
from app.jobs.worker_identity import Identity
from app.ledger.energy import Tariff
from app.ledger.keeping import Keeper
from telemetry import Telemetry
from tests.app.jobs.conftest import CPU
from tests.app.jobs.test_runner import runs, status_of

MIB = 2**20
HUNGRY = "tests.app.hungry:HungryGenerator"


class Worker:
    """A worker's parts; `run` makes one delivery and says whether it came to an end, or waits for the next worker."""

    def __init__(
        self,
        database: Database,
        files: JobFiles,
        keeper: Keeper,
        telemetry: Telemetry,
        examiner: Examiner,
        **bounds: Any,
    ) -> None:
        generator = load(HUNGRY, CPU)
        identity = Identity("w1", CPU, generator.model)
        self.stop = threading.Event()
        self.restarting = Restarting(
            identity, telemetry, self.stop, **{"leak_bytes": 2**30, "memory_bytes": None} | bounds
        )
        kept = WorkerFiles(
            files,
            Breakers(telemetry).make("storage", threshold=1, pause=timedelta(milliseconds=10), counts=is_storage_away),
        )
        attempt = Attempt(database, kept, generator, keeper, telemetry, examiner)
        self.runner = Runner(database, kept, attempt, identity, telemetry, restarting=self.restarting, tariff=Tariff())
        self.life = lambda: telemetry.places.of(CPU).lives()[0]

    def run(self, job_id: str) -> str:
        delivery = threading.Thread(target=self.runner, args=(job_id,), daemon=True)
        delivery.start()
        while delivery.is_alive() and not self.runner.is_parked:
            delivery.join(0.005)
        return "parked" if self.runner.is_parked else "ended"


@pytest.fixture
def worker_with(
    database: Database, files: JobFiles, keeper: Keeper, telemetry: Telemetry, examiner: Examiner
) -> Callable[..., Worker]:
    return lambda **bounds: Worker(database, files, keeper, telemetry, examiner, **bounds)


async def test_job_that_runs_out_of_memory_waits_for_a_fresh_worker_and_succeeds_there(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    submit: Any,
    worker_with: Callable[..., Worker],
    database: Database,
    telemetry: Telemetry,
    spans: InMemorySpanExporter,
) -> None:
    job_id = (await submit("cuda-once"))["job_id"]
    tired = worker_with()
    assert await asyncio.to_thread(tired.run, job_id) == "parked"
    assert (await status_of(client, acme, job_id))["status"] == "queued"
    assert (tired.restarting.reason, tired.stop.is_set()) == (Reason.OUT_OF_MEMORY, True)
    assert await asyncio.to_thread(tired.run, (await submit())["job_id"]) == "parked"  # it begins nothing new
    assert await asyncio.to_thread(worker_with().run, job_id) == "ended"
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["attempts"], status["error"]) == ("succeeded", 2, None)
    assert await asyncio.to_thread(runs, database) == [(1, "failed", "out_of_memory"), (2, "retry", "succeeded")]
    value = telemetry.registry.get_sample_value
    assert value("gpu_out_of_memory_total", {"operation": "generate", "source": "torch"}) == 1
    assert value("gpu_out_of_memory_total", {"operation": "generate", "source": "host"}) == 0
    assert value("worker_restarts_total", {"reason": "out_of_memory"}) == 1
    events = [(span.name, event.name) for span in spans.get_finished_spans() for event in span.events]
    assert ("gpu work", "gpu.out_of_memory") in events
    assert ("job generate", "worker.restarting") in events


async def test_job_that_runs_out_on_a_fresh_worker_too_is_given_up_and_says_what_helps(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    submit: Any,
    worker_with: Callable[..., Worker],
    database: Database,
) -> None:
    job_id = (await submit("vast"))["job_id"]
    assert await asyncio.to_thread(worker_with().run, job_id) == "parked"
    second = worker_with()
    assert await asyncio.to_thread(second.run, job_id) == "ended"
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["error"]["code"]) == ("failed", "out_of_memory")
    assert "shorter recording" in status["error"]["message"]
    assert second.restarting.reason is Reason.OUT_OF_MEMORY
    assert [outcome for *_, outcome in await asyncio.to_thread(runs, database)] == ["out_of_memory"] * 2


@pytest.mark.slow
async def test_leak_is_told_to_a_tenth_and_ends_the_worker_past_its_bound(
    submit: Any, worker_with: Callable[..., Worker], telemetry: Telemetry, spans: InMemorySpanExporter
) -> None:
    worker = worker_with(leak_bytes=64 * MIB)
    count = 0
    while worker.restarting.reason is None:
        assert await asyncio.to_thread(worker.run, (await submit("keep=4 need=8"))["job_id"]) == "ended"
        count += 1
        assert count < 40
    assert worker.restarting.reason is Reason.LEAK
    assert count >= 18  # not before it has leaked that much
    labels = {"model": "hungry-1", "device": "cpu", "source": "rss"}
    (event,) = [event for span in spans.get_finished_spans() for event in span.events]
    assert event.attributes["plainview.leak_bytes_per_job"] == pytest.approx(4 * MIB, rel=0.1)
    assert (telemetry.registry.get_sample_value("model_memory_growth_bytes", labels) or 0) > 64 * MIB
    assert telemetry.registry.get_sample_value("worker_restarts_total", {"reason": "leak"}) == 1


@pytest.mark.slow
async def test_model_that_does_not_leak_is_never_ended(submit: Any, worker_with: Callable[..., Worker]) -> None:
    worker = worker_with(leak_bytes=16 * MIB)
    for number in range(50):
        job_id = (await submit(f"need={8 + 24 * (number % 3)}"))["job_id"]
        assert await asyncio.to_thread(worker.run, job_id) == "ended"
    assert worker.restarting.reason is None
    assert abs(worker.life().leak_now()) < MIB / 4


async def test_process_beyond_its_memory_ends_after_the_job(
    client: httpx.AsyncClient, acme: dict[str, str], submit: Any, worker_with: Callable[..., Worker]
) -> None:
    worker = worker_with(memory_bytes=MIB)
    job_id = (await submit())["job_id"]
    assert await asyncio.to_thread(worker.run, job_id) == "ended"
    assert (await status_of(client, acme, job_id))["status"] == "succeeded"
    assert worker.restarting.reason is Reason.MEMORY_LIMIT


def test_container_may_have_less_memory_than_its_host(tmp_path: Any) -> None:
    host = available_bytes(tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    assert available_bytes(tmp_path) == host
    (tmp_path / "memory.max").write_text("1048576\n")
    assert available_bytes(tmp_path) == MIB


def test_each_reason_has_a_status_of_its_own_that_is_no_error() -> None:
    assert set(EXIT_STATUS) == set(Reason)
    assert len({*EXIT_STATUS.values(), 0, 1, 2}) == len(Reason) + 3
