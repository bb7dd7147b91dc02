"""Identical generations share one result: the second is done at once, or with the first."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, true, update

from app.admission.order import place
from app.database.engine import Database
from app.database.tables import job, run, worker
from app.jobs.files import JobFiles, StorageAwayError
from app.jobs.job import State
from app.jobs.reconciler import Reconciler
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper
from app.keys.store import create_key
from app.services import Services
from app.settings import Settings
from tests.app.conftest import bearer

Headers = dict[str, str]
Form = dict[str, tuple[str | None, bytes]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cache_scope": "customer"})


@pytest.fixture
def send(client: httpx.AsyncClient, acme: Headers, form: Form):
    """Return a function that submits and returns the whole answer."""

    async def send(prompt: str = "hello", headers: Headers | None = None, **more: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in more.items()}
        fields = form | {"prompt": (None, prompt.encode())}
        return await client.post("/generate", headers=(headers or acme) | sent, files=fields)

    return send


class _NothingGoes(JobFiles):
    """A storage that fails whenever something is to be removed."""

    def remove(self, job_id: str, result_name: str | None) -> None:
        raise StorageAwayError(errno.EIO, f"cannot remove {job_id}, {result_name}")


async def test_repeat_is_accepted_though_what_was_sent_for_it_cannot_be_removed(
    api: FastAPI, services: Services, send: Any, runner: Runner
) -> None:
    first = (await send()).json()["job_id"]
    await asyncio.to_thread(runner, first)
    api.state.services = replace(services, files=_NothingGoes(services.files.data))
    again = await send()
    assert (again.status_code, again.json()["status"]) == (202, "succeeded")


async def status(client: httpx.AsyncClient, headers: Headers, answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = (await client.get(answer.json()["status_url"], headers=headers)).json()
    return body


def runs(database: Database) -> int:
    return database.read(lambda connection: connection.scalar(select(func.count()).select_from(run))) or 0


def change(database: Database, job_id: str, **values: Any) -> None:
    database.write(lambda connection: connection.execute(update(job).where(job.c.id == job_id).values(values)))


def lookups(services: Services, outcome: str) -> float | None:
    labels = {"cache": "generations", "outcome": outcome}
    return services.telemetry.registry.get_sample_value("cache_lookups_total", labels)


async def test_repeated_job_is_done_at_once_and_costs_nothing(
    client: httpx.AsyncClient,
    acme: Headers,
    send: Any,
    runner: Runner,
    services: Services,
    files: JobFiles,
    database: Database,
) -> None:
    first = await send()
    await asyncio.to_thread(runner, first.json()["job_id"])
    second = await send("  hello ")
    body = second.json()
    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("miss", "hit")
    assert (second.status_code, body["status"], body["cached"]) == (202, "succeeded", True)
    assert (body["queue_position"], body["quote"]) == (None, None)
    assert body["job_id"] != first.json()["job_id"]
    told = await status(client, acme, second)
    assert (told["status"], told["cached"], told["cost_usd"], told["gpu_seconds"]) == ("succeeded", True, 0, 0)
    assert told["progress"] == 1
    videos = [(await client.get(each.json()["result_url"], headers=acme)).content for each in (first, second)]
    assert videos[0] == videos[1] != b""
    assert runs(database) == 1
    assert await services.queue.states([body["job_id"]]) == {}
    assert not files.upload(body["job_id"]).exists()
    assert (lookups(services, "hit"), lookups(services, "miss")) == (1, 1)


async def test_other_prompt_other_customer_and_other_sound_are_generated(
    client: httpx.AsyncClient, settings: Settings, send: Any, runner: Runner, acme: Headers, form: Form
) -> None:
    await asyncio.to_thread(runner, (await send()).json()["job_id"])
    other = bearer((await asyncio.to_thread(create_key, settings, "globex"))[1].text)
    louder = form | {"prompt": (None, b"hello"), "audio": ("a", form["audio"][1][:-1] + b"\x01")}
    answers = [
        await send("hello!"),
        await send(headers=other),
        await client.post("/generate", headers=acme, files=louder),
    ]
    assert [each.headers["X-Cache"] for each in answers] == ["miss"] * 3


async def test_service_wide_cache_serves_other_customers(
    settings: Settings, send: Any, runner: Runner, services: Services
) -> None:
    object.__setattr__(services, "settings", settings.model_copy(update={"cache_scope": "service"}))
    await asyncio.to_thread(runner, (await send()).json()["job_id"])
    assert (await send(headers=bearer((await asyncio.to_thread(create_key, settings, "globex"))[1].text))).headers[
        "X-Cache"
    ] == "hit"


async def test_client_may_ask_for_a_generation_of_its_own_and_keep_it_to_itself(send: Any, runner: Runner) -> None:
    await asyncio.to_thread(runner, (await send("a", Cache_Control="no-store")).json()["job_id"])
    assert (await send("a")).headers["X-Cache"] == "miss"
    await asyncio.to_thread(runner, (await send("b")).json()["job_id"])
    anew = await send("b", Cache_Control="max-age=0, no-cache")
    assert (anew.headers["X-Cache"], anew.json()["status"], anew.json()["cached"]) == ("bypass", "queued", False)


async def test_jobs_in_flight_share_one_run_and_end_together(
    client: httpx.AsyncClient, acme: Headers, send: Any, runner: Runner, services: Services, database: Database
) -> None:
    first, second, third = [await send() for _ in range(3)]
    assert [each.headers["X-Cache"] for each in (first, second, third)] == ["miss", "joined", "joined"]
    told = await status(client, acme, second)
    assert (told["status"], told["queue_position"], told["cached"]) == ("joined", None, True)
    assert (await send("other")).json()["queue_position"] == 2
    await asyncio.to_thread(runner, first.json()["job_id"])
    ended = [await status(client, acme, each) for each in (first, second, third)]
    assert [each["status"] for each in ended] == ["succeeded"] * 3
    assert [each["cached"] for each in ended] == [False, True, True]
    assert runs(database) == 1
    labels = {"operation": "generate", "outcome": "succeeded", "tier": "standard"}
    assert services.telemetry.registry.get_sample_value("job_finished_total", labels) == 3


async def test_fifty_identical_submits_at_once_are_one_generation(send: Any, services: Services) -> None:
    answers = await asyncio.gather(*(send() for _ in range(50)))
    assert {each.status_code for each in answers} == {202}
    assert sorted(each.json()["status"] for each in answers) == ["joined"] * 49 + ["queued"]
    assert await services.database.read(place, true()) == 2  # the next to come is behind one


async def test_first_of_those_joined_runs_when_the_leader_fails_or_is_cancelled(
    client: httpx.AsyncClient, acme: Headers, send: Any, runner: Runner, services: Services
) -> None:
    jobs = [await send("unusable") for _ in range(3)]
    await asyncio.to_thread(runner, jobs[0].json()["job_id"])
    assert [(await status(client, acme, each))["status"] for each in jobs] == ["failed", "queued", "joined"]
    cancelled = await client.post(f"/cancel/{jobs[1].json()['job_id']}", headers=acme)
    assert cancelled.json()["status"] == "cancelled"
    assert [(await status(client, acme, each))["status"] for each in jobs] == ["failed", "cancelled", "queued"]
    last = jobs[2].json()["job_id"]
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    await services.database.write(lambda connection: connection.execute(update(job).values(created_at=long_ago)))
    await Reconciler(services.database, services.queue).run()
    assert await services.queue.states([last]) == {last: "ENQUEUED"}


async def test_joined_job_may_be_cancelled_alone(
    client: httpx.AsyncClient, acme: Headers, send: Any, runner: Runner
) -> None:
    first, second = [await send() for _ in range(2)]
    assert (await client.post(f"/cancel/{second.json()['job_id']}", headers=acme)).json()["status"] == "cancelled"
    await asyncio.to_thread(runner, first.json()["job_id"])
    assert [(await status(client, acme, each))["status"] for each in (first, second)] == ["succeeded", "cancelled"]


async def test_joined_job_whose_leader_ended_unnoticed_is_ended_by_the_reconciler(
    client: httpx.AsyncClient, acme: Headers, send: Any, services: Services, database: Database
) -> None:
    first, second = [await send() for _ in range(2)]
    change(database, first.json()["job_id"], state=State.SUCCEEDED, result_name="x-1.mp4")
    await Reconciler(services.database, services.queue).run()
    assert (await status(client, acme, second))["status"] == "succeeded"


async def test_result_that_is_gone_or_of_a_model_that_is_gone_is_not_served(
    send: Any, runner: Runner, files: JobFiles, database: Database
) -> None:
    first = (await send()).json()["job_id"]
    await asyncio.to_thread(runner, first)
    moment = datetime.now(UTC)
    facts = {"state": "running", "pid": 1, "device": "cpu", "device_name": "x", "version": "1"}
    newer = worker.insert().values(id="w2", model="tiny-2", started_at=moment, heartbeat_at=moment, **facts)
    database.write(lambda connection: connection.execute(newer))
    assert (await send()).headers["X-Cache"] == "miss"
    database.write(lambda connection: connection.execute(worker.delete()))
    second = await send("other")
    await asyncio.to_thread(runner, second.json()["job_id"])
    files.result(f"{second.json()['job_id']}-1.mp4").unlink()
    assert (await send("other")).headers["X-Cache"] == "miss"


async def test_result_that_is_about_to_go_is_not_handed_out(
    send: Any, runner: Runner, database: Database, settings: Settings
) -> None:
    first = (await send()).json()["job_id"]
    await asyncio.to_thread(runner, first)
    for left, expected in ((timedelta(seconds=90), "succeeded"), (timedelta(seconds=30), "queued")):
        ended = datetime.now(UTC) - settings.result_ttl + left
        await asyncio.to_thread(change, database, first, finished_at=ended)
        assert (await send()).json()["status"] == expected


async def test_shared_result_is_kept_for_the_youngest_that_shares_it(
    client: httpx.AsyncClient, acme: Headers, send: Any, runner: Runner, services: Services, database: Database
) -> None:
    first = await send()
    await asyncio.to_thread(runner, first.json()["job_id"])
    second = await send()
    kept = services.settings.result_ttl
    sweeper = Sweeper(services.database, services.queue, services.files, kept)
    long_ago = datetime.now(UTC) - kept - timedelta(minutes=1)
    change(database, first.json()["job_id"], finished_at=long_ago)
    await sweeper.run()
    answers = [await client.get(each.json()["result_url"], headers=acme) for each in (first, second)]
    assert [each.status_code for each in answers] == [410, 200]
    assert (await send()).headers["X-Cache"] == "miss"
    change(database, second.json()["job_id"], finished_at=long_ago)
    await sweeper.run()
    assert list(services.files.results.iterdir()) == []
