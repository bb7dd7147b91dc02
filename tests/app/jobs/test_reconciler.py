from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.database.engine import Database
from app.database.tables import job, worker
from app.jobs import workers
from app.jobs.reconciler import Reconciler
from app.services import Services
from tests.app.jobs.test_series import FACTS

LONG_AGO = datetime.now(UTC) - timedelta(minutes=5)


@pytest.fixture
def reconciler(services: Services) -> Reconciler:
    return Reconciler(services.database, services.queue)


def forget_delivery(services: Services, job_id: str) -> None:
    services.queue._client.delete_workflow(job_id)  # as if the process had died before the queue had it


async def test_job_that_never_reached_the_queue_is_enqueued(
    reconciler: Reconciler, services: Services, submit: Any, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    forget_delivery(services, job_id)
    lost = update(job).values(enqueued_at=None, created_at=LONG_AGO)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(lost))
    await reconciler.run()
    assert services.queue.states([job_id]) == {job_id: "ENQUEUED"}
    assert await asyncio.to_thread(
        database.read, lambda connection: connection.scalar(job.select().with_only_columns(job.c.enqueued_at))
    )


async def test_job_that_the_queue_lost_is_delivered_again_once_two_passes_saw_it(
    reconciler: Reconciler, services: Services, submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    forget_delivery(services, job_id)
    await reconciler.run()
    assert services.queue.states([job_id]) == {}
    await reconciler.run()
    assert services.queue.states([job_id]) == {job_id: "ENQUEUED"}


async def test_job_that_is_waiting_is_left_alone(reconciler: Reconciler, services: Services, submit: Any) -> None:
    job_id = (await submit())["job_id"]
    for _ in range(3):
        await reconciler.run()
    assert services.queue.states([job_id]) == {job_id: "ENQUEUED"}


async def test_only_silent_workers_are_taken_for_dead(database: Database) -> None:
    await asyncio.to_thread(database.write, workers.present, FACTS)
    await asyncio.to_thread(database.write, workers.present, FACTS | {"id": "w2"})
    silent = update(worker).where(worker.c.id == "w2").values(heartbeat_at=LONG_AGO)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(silent))
    assert await asyncio.to_thread(database.read, workers.dead) == ["w2"]
    assert await asyncio.to_thread(database.read, workers.alive) == 1
