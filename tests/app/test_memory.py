"""Workers that really run out of memory, as processes, and what their customers see of it."""

from __future__ import annotations

import asyncio
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.database.engine import Database
from app.database.tables import run
from app.jobs.exit_status import EXIT_STATUS, Reason
from app.keys.store import create_key
from app.settings import Settings
from stack.native.layout import Site, plan
from stack.native.part import Plan
from stack.native.ports import Ports
from stack.native.supervisor import Supervisor
from stack.paths import Home
from tests.app.customer import Customer, Form, finished, outcomes
from tests.app.hungry import ROOM
from tests.app.processes import Service, events, free_port, until
from tests.fakenvml import fakenvml
from tests.parts import nvml_library

HUNGRY = "tests.app.hungry:HungryGenerator"
#: A worker has room for two of three jobs that keep this much.
ROOMY = {ROOM: "160", "MALLOC_ARENA_MAX": "1"}
KEEPS = "keep=64"


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return environment | {"PLAINVIEW_GENERATOR": HUNGRY, **ROOMY}


def value(running: Service, name: str, **labels: str) -> float | None:
    with urllib.request.urlopen(running.metrics_url, timeout=5) as answer:  # noqa: S310 - our own address
        families = text_string_to_metric_families(answer.read().decode())
    return next(
        (
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ),
        None,
    )


def costs(database: Database) -> list[tuple[str, str, int]]:
    query = run.select().order_by(run.c.started_at)
    rows = database.read(lambda connection: connection.execute(query).all())
    return [(row.kind, row.outcome, row.cost_nanousd) for row in rows]


def fill_up(customer: Customer) -> str:
    """Let two jobs keep what a worker has, and return the third, for which there is no room."""
    for _ in range(2):
        assert customer.wait(customer.submit(KEEPS), finished)["status"] == "succeeded"
    return customer.submit(KEEPS)


@pytest.mark.parametrize(
    "killed",
    [pytest.param(False, id="drained"), pytest.param(True, id="killed while it drains")],
)
@pytest.mark.slow
def test_second_identical_job_succeeds_on_the_worker_that_takes_over_after_a_lack_of_memory(
    running: Service, customer: Customer, database: Database, *, killed: bool
) -> None:
    running.start("serve")
    worker = running.start("worker")
    job_id = fill_up(customer)
    until(lambda: events(worker.log, "worker.restarting"))
    if killed:
        worker.kill()
    else:
        assert worker.process.wait(10) == EXIT_STATUS[Reason.OUT_OF_MEMORY]
        assert customer.status(job_id)["status"] == "queued"
    running.start("worker")
    status = customer.wait(job_id, finished)
    assert (status["status"], status["attempts"]) == ("succeeded", 2)
    assert customer.wait(customer.submit(KEEPS), finished)["status"] == "succeeded"
    booked = costs(database)
    if not killed:
        assert [(kind, outcome) for kind, outcome, _ in booked] == [
            ("job", "succeeded"),
            ("job", "succeeded"),
            ("failed", "out_of_memory"),
            ("retry", "succeeded"),
            ("job", "succeeded"),
        ]
        # The fresh worker goes on with the counts of the one before, so that no scrape misses the lack of memory.
        assert value(running, "gpu_out_of_memory_total", source="host") == 1
        assert value(running, "worker_restarts_total", reason="out_of_memory") == 1
        for kind in ("job", "retry", "failed"):
            spent = sum(cost for booked_as, _, cost in booked if booked_as == kind) / 1e9
            # Once, not twice; the ledger and the counter look at their clocks a moment apart.
            assert value(running, "cost_usd_total", kind=kind) == pytest.approx(spent, rel=0.5, abs=5e-6)
    assert status["cost_usd"] == pytest.approx(sum(cost for _, _, cost in booked[2:4]) / 1e9, abs=1e-8)
    (said,) = events(worker.log, "worker.restarting")[:1]
    assert said["reason"] == "out_of_memory"


@pytest.mark.slow
def test_lack_of_memory_that_a_fresh_worker_has_too_is_the_jobs_end(
    running: Service, customer: Customer, database: Database
) -> None:
    running.start("serve")
    job_id = customer.submit("need=500")
    for _ in range(2):
        worker = running.start("worker")
        assert worker.process.wait(20) == EXIT_STATUS[Reason.OUT_OF_MEMORY]
    status = customer.status(job_id)
    assert (status["status"], status["error"]["code"]) == ("failed", "out_of_memory")
    assert outcomes(database) == ["out_of_memory", "out_of_memory"]
    running.start("worker")
    assert customer.wait(customer.submit("need=10"), finished)["status"] == "succeeded"


@pytest.mark.slow
def test_worker_that_leaks_ends_past_its_bound_and_hands_on_what_it_has_not_begun(
    running: Service, customer: Customer
) -> None:
    running.start("serve")
    bound = {ROOM: "4000", "PLAINVIEW_WORKER_LEAK_BYTES": str(64 << 20)}
    ids = [customer.submit("keep=4") for _ in range(34)]
    worker = running.start("worker", **bound)
    assert worker.process.wait(60) == EXIT_STATUS[Reason.LEAK]
    (said,) = events(worker.log, "worker.restarting")
    assert said["leak_bytes_per_job"] == pytest.approx(4 << 20, rel=0.1)
    running.start("worker", **bound)
    ended = [customer.wait(job_id, finished) for job_id in ids]
    assert {(status["status"], status["attempts"]) for status in ended} == {("succeeded", 1)}
    assert value(running, "job_finished_total", outcome="succeeded") == len(ids)
    assert value(running, "worker_restarts_total", reason="leak") == 1


@pytest.mark.slow
def test_process_beyond_its_memory_is_ended_after_the_job(running: Service, customer: Customer) -> None:
    running.start("serve")
    worker = running.start("worker", PLAINVIEW_WORKER_MEMORY_BYTES=str(64 << 20))
    job_id = customer.submit("need=1")
    assert worker.process.wait(20) == EXIT_STATUS[Reason.MEMORY_LIMIT]
    status = customer.status(job_id)
    assert (status["status"], status["attempts"]) == ("succeeded", 1)


@pytest.mark.slow
async def test_supervisor_starts_the_worker_anew_at_once_and_says_why(
    settings: Settings, form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in {
        "PLAINVIEW_GENERATOR": HUNGRY,
        "PLAINVIEW_GPU": "off",
        "PLAINVIEW_CACHE_SCOPE": "off",
        "PLAINVIEW_RATE_LIMITS": "off",
        **ROOMY,
    }.items():
        monkeypatch.setenv(name, content)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    home = Home(settings.home).create()
    secrets = {name: tmp_path / name for name in ("console_token", "notifier_token")}
    ports = Ports(api=free_port(), worker=free_port())
    whole = plan(Site(home, ports, {"prometheus": Path("-"), "alertmanager": Path("-")}, secrets))
    parts = tuple(part for part in whole.parts if part.name in ("migrate", "bootstrap", "worker", "api"))
    said: list[str] = []
    async with Supervisor(Plan(parts, ports), home, say=said.append, first_delay_seconds=600) as supervisor:
        await supervisor.ready()
        customer = Customer(f"http://127.0.0.1:{ports.api}", create_key(settings, "acme")[1].text, form)
        job_id = await asyncio.to_thread(fill_up, customer)
        status = await asyncio.to_thread(customer.wait, job_id, finished)
        worker = next(part for part in supervisor.state.parts if part.name == "worker")
        assert (status["status"], status["attempts"]) == ("succeeded", 2)
        assert (worker.renewed, worker.restarts) == ({"out of memory": 1}, 0)
        customer.close()
    assert "worker ended to be started anew (out of memory); starting it" in said


@pytest.mark.slow
def test_worker_whose_card_runs_full_is_replaced_too(
    running: Service, customer: Customer, database: Database, tmp_path: Path
) -> None:
    card = fakenvml.State(tmp_path / "card", gpus=["l4"])
    environment = {"PLAINVIEW_GPU": "auto", ROOM: "100000", **card.env(nvml_library())}
    running.start("serve")
    worker = running.start("worker", **environment)
    job_id = customer.submit("cuda-once")
    assert worker.process.wait(20) == EXIT_STATUS[Reason.OUT_OF_MEMORY]
    running.start("worker", **environment)
    status = customer.wait(job_id, finished)
    assert (status["status"], status["attempts"], status["device"]) == ("succeeded", 2, "gpu")
    assert outcomes(database) == ["out_of_memory", "succeeded"]
    assert value(running, "gpu_out_of_memory_total", source="torch") == 1
    assert (value(running, "gpu_work_energy_joules_total", operation="generate", source="counter") or 0) > 0
