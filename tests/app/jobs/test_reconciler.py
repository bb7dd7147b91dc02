from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.database.engine import Database
from app.database.tables import job, worker
from app.jobs import claims, workers
from app.jobs.reconciler import Reconciler
from app.jobs.silence import Silence
from app.services import Services
from tests.app.jobs.test_series import FACTS

LONG_AGO = datetime.now(UTC) - timedelta(minutes=5)


@pytest.fixture
def reconciler(services: Services) -> Reconciler:
    return Reconciler(services.database, services.queue)


def forget_delivery(services: Services, job_id: str) -> None:
    services.queue.plain._client.delete_workflow(job_id)  # as if the process had died before the queue had it


def delivery(services: Services, job_id: str, **values: str) -> None:
    """Change the queue's own record, as a worker or its death would."""
    status = services.queue.plain._client._sys_db.tables.workflow_status
    with services.queue.plain._client._sys_db.engine.begin() as connection:
        connection.execute(update(status).where(status.c.workflow_uuid == job_id).values(values))


async def test_job_that_never_reached_the_queue_is_enqueued(
    reconciler: Reconciler, services: Services, submit: Any, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    forget_delivery(services, job_id)
    lost = update(job).values(enqueued_at=None, created_at=LONG_AGO)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(lost))
    await reconciler.run()
    assert await services.queue.states([job_id]) == {job_id: "ENQUEUED"}
    assert await asyncio.to_thread(
        database.read, lambda connection: connection.scalar(job.select().with_only_columns(job.c.enqueued_at))
    )


async def test_job_that_the_queue_lost_is_delivered_again_once_two_passes_saw_it(
    reconciler: Reconciler, services: Services, submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    forget_delivery(services, job_id)
    await reconciler.run()
    assert await services.queue.states([job_id]) == {}
    await reconciler.run()
    assert await services.queue.states([job_id]) == {job_id: "ENQUEUED"}


async def test_job_that_is_waiting_is_left_alone(reconciler: Reconciler, services: Services, submit: Any) -> None:
    job_id = (await submit())["job_id"]
    for _ in range(3):
        await reconciler.run()
    assert await services.queue.states([job_id]) == {job_id: "ENQUEUED"}


async def test_delivery_that_runs_again_is_not_started_a_second_time(
    reconciler: Reconciler, services: Services, submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    services.queue.plain._client.cancel_workflow(job_id)  # a delivery that ended
    assert await services.queue.restart(job_id, 1)
    delivery(services, job_id, status="PENDING", executor_id="w1")
    assert not await services.queue.restart(job_id, 1)  # the second of two nodes that saw it ended
    assert await services.queue.states([job_id]) == {job_id: "PENDING"}


@pytest.mark.parametrize("ended", ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"])
async def test_job_whose_delivery_ended_without_an_end_of_the_job_is_delivered_again(
    reconciler: Reconciler, services: Services, submit: Any, ended: str
) -> None:
    job_id = (await submit())["job_id"]
    delivery(services, job_id, status=ended)
    await reconciler.run()
    assert await services.queue.states([job_id]) == {job_id: ended}
    await reconciler.run()
    assert await services.queue.states([job_id]) == {job_id: "ENQUEUED"}


async def test_job_that_runs_though_its_enqueueing_was_never_noted_is_not_forgotten(
    reconciler: Reconciler, services: Services, submit: Any, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    unnoted = update(job).values(enqueued_at=None)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(unnoted))
    await asyncio.to_thread(database.write, claims.claim, job_id, "w1", device="cpu", model="tiny-1")
    delivery(services, job_id, status="ERROR")
    for _ in range(2):
        await reconciler.run()
    assert await services.queue.states([job_id]) == {job_id: "ENQUEUED"}


async def test_old_heartbeats_alone_are_no_reason_to_take_jobs_over(
    reconciler: Reconciler, services: Services, submit: Any, database: Database
) -> None:
    """A step of the clock makes every heartbeat old."""
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(database.write, workers.present, FACTS)
    delivery(services, job_id, status="PENDING", executor_id="w1")
    old = update(worker).values(heartbeat_at=LONG_AGO)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(old))
    for _ in range(2):
        await reconciler.run()
    assert await services.queue.states([job_id]) == {job_id: "PENDING"}


async def test_jobs_of_a_silent_worker_are_taken_over(
    services: Services, submit: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(database.write, workers.present, FACTS)
    delivery(services, job_id, status="PENDING", executor_id="w1")
    moments = iter(range(0, 1000, 10))
    reconciler = Reconciler(services.database, services.queue, Silence(lambda: float(next(moments))))
    for _ in range(4):
        await reconciler.run()
    assert await services.queue.states([job_id]) == {job_id: "ENQUEUED"}


async def test_stopped_worker_is_watched_only_while_a_run_of_its_is_open(submit: Any, database: Database) -> None:
    job_id = (await submit())["job_id"]
    for name in ("w1", "w2", "w3"):
        await asyncio.to_thread(database.write, workers.present, FACTS | {"id": name})
    for name in ("w2", "w3"):
        await asyncio.to_thread(database.write, workers.beat, name, "stopped")
    await asyncio.to_thread(database.write, claims.claim, job_id, "w2", device="cpu", model="tiny-1")
    assert set(await asyncio.to_thread(database.read, workers.may_hold_jobs)) == {"w1", "w2"}
    assert await asyncio.to_thread(database.read, workers.alive) == 1
