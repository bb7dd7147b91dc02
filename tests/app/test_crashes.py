"""Killed at any moment, an accepted job is finished, once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.database.engine import Database
from app.database.tables import ledger
from app.ledger.keeping import FLUSH
from app.ledger.timeline import NANO
from tests.app.customer import Customer, finished, outcomes
from tests.app.processes import Service, events, until

pytestmark = pytest.mark.slow


def booked_for(database: Database, job_id: str) -> list[Any]:
    query = ledger.select().where(ledger.c.job_id == job_id)
    return list(database.read(lambda connection: connection.execute(query).all()))


def test_job_of_a_killed_worker_finishes_once(
    running: Service, customer: Customer, database: Database, wav: bytes
) -> None:
    running.start("serve")
    worker = running.start("worker")
    job_id = customer.submit("stuck-once slow=1.5")
    customer.wait(job_id, lambda status: status["progress"] > 0.3)
    worker.kill()
    worker = running.start("worker")
    status = customer.wait(job_id, finished)
    assert (status["status"], status["attempts"]) == ("succeeded", 2)
    assert outcomes(database) == ["lost", "succeeded"]
    assert status["gpu_seconds"] > 1.5 + 0.2
    assert customer.result(job_id) == wav
    assert len(events(worker.log, "job.finished")) == 1


def test_ledger_of_a_killed_worker_lacks_its_last_second_at_most(
    running: Service, customer: Customer, database: Database
) -> None:
    running.start("serve")
    worker = running.start("worker")
    job_id = customer.submit("slow=6")
    customer.wait(job_id, lambda status: status["progress"] > 0.4)
    worker.kill()
    booked = sum(row.nanoseconds for row in booked_for(database, job_id))
    assert booked > (6 * 0.4 - FLUSH.total_seconds() - 0.7) * NANO  # the last: for a busy machine
    worker = running.start("worker")
    assert customer.wait(job_id, finished)["attempts"] == 2
    rows = booked_for(database, job_id)
    assert {(row.attempt, row.kind) for row in rows} == {(1, "job"), (2, "retry")}
    assert worker.terminate() == 0
    whole = database.read(lambda connection: connection.execute(ledger.select()).all())
    assert {"idle", "overhead", "job", "retry"} <= {row.kind for row in whole}
    assert sum(row.cost_nanousd for row in whole) == pytest.approx(
        sum(row.nanoseconds for row in whole) * 190_000 // NANO, abs=2
    )


def test_ledger_has_the_life_of_each_worker_less_a_second_for_each_kill(
    running: Service, customer: Customer, database: Database
) -> None:
    """The watch is the test's: from the start of a process, its imports included, to its end."""
    running.start("serve")
    job_id, kills, lived, bounds = "", 2, 0.0, 0.7  # the last: for a busy machine
    for life in range(kills + 1):
        began = time.monotonic()
        worker = running.start("worker")
        job_id = job_id or customer.submit("slow=5")
        customer.wait(job_id, lambda status: status["attempts"] > life and status["progress"] > 0.3)  # noqa: B023
        if life < kills:
            worker.kill()
        else:
            assert customer.wait(job_id, finished)["status"] == "succeeded"
            assert worker.terminate() == 0
        lived += time.monotonic() - began
    rows = database.read(lambda connection: connection.execute(ledger.select()).all())
    booked = sum(row.nanoseconds for row in rows) / NANO
    assert lived - kills * FLUSH.total_seconds() - (kills + 1) * bounds < booked < lived
    assert {"job", "retry", "idle", "overhead"} <= {row.kind for row in rows}
    assert sum(row.cost_nanousd for row in rows) == pytest.approx(booked * 190_000, abs=kills + 2)


def test_job_accepted_by_an_api_that_is_killed_then_is_finished(
    running: Service, customer: Customer, wav: bytes
) -> None:
    api = running.start("serve")
    job_id = customer.submit("hello")
    api.kill()
    running.start("worker")
    running.start("serve")
    assert customer.wait(job_id, finished)["status"] == "succeeded"
    assert customer.result(job_id) == wav


def test_worker_told_to_stop_finishes_a_job_that_fits_into_the_grace_period(
    running: Service, customer: Customer, database: Database
) -> None:
    running.start("serve")
    worker = running.start("worker")
    job_id = customer.submit("slow=0.6")
    customer.wait(job_id, lambda status: status["status"] == "running")
    assert worker.terminate() == 0
    assert customer.status(job_id)["status"] == "succeeded"
    assert outcomes(database) == ["succeeded"]


def test_worker_told_to_stop_hands_a_long_job_back_and_the_next_one_runs_it(
    running: Service, customer: Customer, database: Database
) -> None:
    running.start("serve")
    worker = running.start("worker")
    job_id = customer.submit("slow=3")
    customer.wait(job_id, lambda status: status["status"] == "running")
    assert worker.terminate(seconds=10) == 0
    assert customer.status(job_id)["status"] == "queued"
    assert len(events(worker.log, "worker.stopped")) == 1
    running.start("worker")
    assert customer.wait(job_id, finished)["status"] == "succeeded"
    assert outcomes(database) == ["handed_back", "succeeded"]


def test_second_worker_of_the_same_id_does_not_start(running: Service) -> None:
    running.start("worker")
    second = running.spawn("worker")
    assert second.process.wait(20) == 1
    assert "PLAINVIEW_WORKER_ID" in second.log.read_text(encoding="utf-8")


def test_many_jobs_all_finish(running: Service, customer: Customer) -> None:
    running.start("serve")
    running.start("worker")
    ids = [customer.submit(f"number {number}") for number in range(8)]
    assert {customer.wait(job_id, finished)["status"] for job_id in ids} == {"succeeded"}


def test_job_of_a_worker_that_never_comes_back_is_taken_over(
    running: Service, customer: Customer, database: Database
) -> None:
    running.start("serve")
    worker = running.start("worker")
    job_id = customer.submit("stuck-once slow=1.5")
    customer.wait(job_id, lambda status: status["progress"] > 0.3)
    worker.kill()
    running.start("worker", PLAINVIEW_WORKER_ID="another")
    until(lambda: finished(customer.status(job_id)), seconds=60)
    assert customer.status(job_id)["status"] == "succeeded"
    assert outcomes(database) == ["lost", "succeeded"]
