"""Quotes over HTTP: unknown at first, then from what jobs took; and how they came true."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from app.database.engine import Database
from app.database.tables import job
from app.jobs import workers
from app.jobs.runner import Runner
from app.quotes.estimate import Sample
from app.quotes.history import Crew, History, Waiting, look
from app.quotes.quote import end_in, quote
from telemetry import Telemetry
from telemetry.gpu import Device
from telemetry.prices import Prices

FACTS = {"id": "w1", "device": "cpu", "device_name": "Test CPU", "model": "tiny-1", "pid": 1, "version": "0"}
PRICES = Prices(Decimal("0.001"), Decimal("0.001"), ())


L4 = Device("gpu", "NVIDIA L4")


def history(*, workers: int = 1, other: float = 0.5, device: Device | None = L4) -> History:
    crew = Crew(workers, "tiny-1", "gpu", "NVIDIA L4") if workers else None
    return History(crew, [Sample(10, 20)] * 30, other, device)


def test_cost_is_the_price_of_the_seconds() -> None:
    found = quote(10, history(), PRICES)
    assert (found.cost_usd, found.low_usd, found.high_usd) == (Decimal("0.02"), Decimal("0.02"), Decimal("0.02"))


def test_cost_without_a_price_is_unknown() -> None:
    found = quote(10, history(), Prices(None, Decimal(1), ("L40S=1",)))
    assert (found.cost_usd, found.nanousd, found.unpriced) == (None, None, "NVIDIA L4")


def test_without_a_worker_nobody_knows_when_but_what_it_costs_on_the_last_one_s_device() -> None:
    found = quote(10, history(workers=0), PRICES)
    assert (found.cost_usd, found.unpriced) == (Decimal("0.02"), None)
    assert found.device_seconds is not None
    assert end_in(20, history(workers=0), []) is None


def test_before_the_first_worker_the_cost_is_not_known_either() -> None:
    found = quote(10, history(workers=0, device=None), PRICES)
    assert (found.cost_usd, found.unpriced) == (None, None)


def test_device_is_that_of_a_worker_that_runs_else_of_the_last(database: Database) -> None:
    for number, state in enumerate(("stopped", "running", "stopped")):
        database.write(workers.present, FACTS | {"id": f"w{number}", "device_name": f"card {number}"})
        database.write(workers.beat, f"w{number}", state)
    assert database.read(look).device == Device("cpu", "card 1")
    database.write(workers.beat, "w1", "stopped")
    assert database.read(look).device == Device("cpu", "card 2")


@pytest.mark.parametrize(
    ("workers", "ahead", "seconds"),
    [
        (1, [Waiting(40, 0.75), Waiting(20, 0)], 10.5 + 20.5 + 20.5),
        (2, [Waiting(40, 0.75), Waiting(20, 0)], 10.5 + 20.5),
        (3, [Waiting(40, 0.75), Waiting(20, 0)], 20.5),
        (1, [Waiting(None, 0)], 20.5 + 20.5),
    ],
)
def test_end_comes_after_those_ahead(workers: int, ahead: Sequence[Waiting], seconds: float) -> None:
    assert end_in(20, history(workers=workers), ahead) == pytest.approx(seconds)


WAITING = st.lists(st.builds(Waiting, st.none() | st.floats(0, 1000), st.floats(0, 1)), max_size=20)


@given(WAITING, st.integers(1, 8))
def test_more_workers_are_never_slower_and_more_jobs_never_faster(ahead: list[Waiting], workers: int) -> None:
    here, more = end_in(20, history(workers=workers), ahead), end_in(20, history(workers=workers + 1), ahead)
    fewer = end_in(20, history(workers=workers), ahead[:-1])
    assert here is not None
    assert more is not None
    assert fewer is not None
    assert more <= here + 1e-9
    assert fewer <= here + 1e-9


async def test_first_job_has_no_figures_and_the_next_has(
    client: httpx.AsyncClient, acme: Mapping[str, str], submit: Any, runner: Runner, database: Database
) -> None:
    await asyncio.to_thread(database.write, workers.present, FACTS)
    accepted = await submit()
    assert accepted["quote"] == {
        "gpu_seconds": None, "gpu_seconds_low": None, "gpu_seconds_high": None, "coverage": 0, "samples": 0,
        "cost_usd": None, "cost_usd_low": None, "cost_usd_high": None, "queue_position": 1, "eta_seconds": None,
    }  # fmt: skip
    await asyncio.to_thread(runner, accepted["job_id"])
    took = (await client.get(f"/status/{accepted['job_id']}", headers=acme)).json()["gpu_seconds"]
    size = await audio_seconds(database, accepted["job_id"])
    found: dict[str, Any] = {"samples": 0}
    while not found["samples"]:  # what quotes are made from is read every two seconds
        found = (await client.post("/quote", json={"audio_seconds": size}, headers=acme)).json()
    assert found["gpu_seconds"] == pytest.approx(took, abs=0.001)
    assert found["cost_usd"] == pytest.approx(took * 0.00019, rel=0.01)
    assert (found["coverage"], found["queue_position"]) == (0, 1)
    assert found["eta_seconds"] is not None


async def audio_seconds(database: Database, job_id: str) -> float:
    query = job.select().where(job.c.id == job_id)
    (row,) = await asyncio.to_thread(database.read, lambda connection: connection.execute(query).all())
    return float(row.audio_seconds)


async def test_how_a_quote_came_true_is_told(
    telemetry: Telemetry, submit: Any, runner: Runner, database: Database
) -> None:
    accepted = await submit()
    foretold = update(job).values(quoted_gpu_seconds=1e-9, quoted_end_at=job.c.created_at)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(foretold))
    await asyncio.to_thread(runner, accepted["job_id"])
    value = telemetry.registry.get_sample_value
    assert value("job_quote_ratio_bucket", {"operation": "generate", "le": "4.0"}) == 0
    assert value("job_quote_ratio_count", {"operation": "generate"}) == 1
    assert value("job_eta_ratio_count", {"operation": "generate"}) == 0


async def test_status_of_a_waiting_job_tells_when(
    client: httpx.AsyncClient, acme: Mapping[str, str], submit: Any, database: Database
) -> None:
    await asyncio.to_thread(database.write, workers.present, FACTS)
    first, second = (await submit())["job_id"], (await submit())["job_id"]
    quoted = update(job).values(quoted_gpu_seconds=30.0)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(quoted))
    told = [(await client.get(f"/status/{job_id}", headers=acme)).json()["eta_seconds"] for job_id in (first, second)]
    assert told == [30, 60]


@pytest.mark.parametrize("wrong", [{}, {"audio_seconds": 0}, {"audio_seconds": 301}, {"audio_seconds": 1, "x": 1}])
async def test_wrong_questions_name_the_field(
    client: httpx.AsyncClient, acme: Mapping[str, str], wrong: Mapping[str, float]
) -> None:
    answer = await client.post("/quote", json=wrong, headers=acme)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["errors"][0]["field"] in {"audio_seconds", "x"}
