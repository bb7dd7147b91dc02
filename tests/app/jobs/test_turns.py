"""What has a turn keeps it, whatever happens to the job."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from app.jobs.queue import TryAgain
from app.jobs.reconciler import Reconciler
from app.jobs.runner import Runner
from app.services import Services
from app.settings import Settings
from tests.app.jobs.test_reconciler import delivery, forget_delivery


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cache_scope": "customer"})


def priorities(services: Services) -> dict[str, int | None]:
    found = services.queue.plain._client.list_workflows(load_input=False, load_output=False)
    return {each.workflow_id: each.priority for each in found}


async def test_retried_job_comes_first(
    client: httpx.AsyncClient, acme: dict[str, str], submit: Any, runner: Runner
) -> None:
    first, _ = await submit("break"), await submit()
    with pytest.raises(TryAgain):
        await asyncio.to_thread(runner, first["job_id"])
    status = (await client.get(f"/status/{first['job_id']}", headers=acme)).json()
    assert (status["status"], status["queue_position"]) == ("queued", 1)


async def test_job_that_is_delivered_again_or_taken_over_keeps_its_place(submit: Any, services: Services) -> None:
    ids = [(await submit(f"number {number}"))["job_id"] for number in range(4)]
    before = priorities(services)
    assert sorted(before, key=lambda job_id: before[job_id] or 0) == ids
    forget_delivery(services, ids[1])
    delivery(services, ids[2], status="SUCCESS")
    delivery(services, ids[3], status="PENDING", executor_id="dead")
    reconciler = Reconciler(services.database, services.queue)
    for _ in range(2):
        await reconciler.run()
    await services.queue.reclaim("dead")
    assert set((await services.queue.states(ids)).values()) == {"ENQUEUED"}
    assert priorities(services) == before


async def test_job_that_was_joined_to_a_cancelled_one_has_its_place(
    client: httpx.AsyncClient, acme: dict[str, str], form: dict[str, tuple[str | None, bytes]], submit: Any
) -> None:
    same = [(await client.post("/generate", headers=acme, files=form)).json() for _ in range(2)]
    await submit("another")
    assert [each["status"] for each in same] == ["queued", "joined"]
    await client.post(f"/cancel/{same[0]['job_id']}", headers=acme)
    status = (await client.get(f"/status/{same[1]['job_id']}", headers=acme)).json()
    assert (status["status"], status["queue_position"]) == ("queued", 1)
