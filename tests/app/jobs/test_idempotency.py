"""A submit that names itself may be sent again: there is one job and one answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, select, update

from app.database.away import DatabaseAway
from app.database.engine import AsyncDatabase, Database
from app.database.tables import idempotency
from app.database.times import now
from app.jobs.acceptance import accept
from app.jobs.runner import Runner
from app.repeats.idempotency import KEPT, forget
from app.services import Services
from app.settings import Settings
from tests.app.conftest import headers_of

Form = dict[str, tuple[str | None, bytes]]


@pytest.fixture
def send(client: httpx.AsyncClient, acme: dict[str, str], form: Form):
    async def send(name: str, prompt: str = "hello", headers: dict[str, str] | None = None) -> httpx.Response:
        fields = form | {"prompt": (None, prompt.encode())}
        return await client.post("/generate", headers=(headers or acme) | {"Idempotency-Key": name}, files=fields)

    return send


async def test_repeated_submit_is_answered_as_the_first_time(
    client: httpx.AsyncClient, acme: dict[str, str], services: Services, send: Any
) -> None:
    first, second = await send("a"), await send("a")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
    assert len((await client.get("/jobs", headers=acme)).json()["jobs"]) == 1
    assert [path.name for path in services.files.uploads.iterdir()] == [first.json()["job_id"]]
    labels = {"operation": "generate", "tier": "standard"}
    assert services.telemetry.registry.get_sample_value("job_submitted_total", labels) == 1


async def test_answer_of_a_later_version_is_understood(database: Database, send: Any) -> None:
    first = await send("a")

    def say_more(connection: Connection) -> None:
        answer = connection.execute(select(idempotency.c.answer)).scalar_one()
        connection.execute(update(idempotency).values(answer=answer | {"of_a_later_version": 1}))

    await asyncio.to_thread(database.write, say_more)
    assert (await send("a")).json() == first.json()


async def test_name_of_another_submit_is_a_conflict(services: Services, send: Any) -> None:
    await send("a")
    other = await send("a", "something else")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert len(list(services.files.uploads.iterdir())) == 1


async def test_names_of_customers_are_apart(settings: Settings, send: Any) -> None:
    first = await send("a")
    second = await send("a", headers=await headers_of(settings, "globex"))
    assert first.json()["job_id"] != second.json()["job_id"]


async def test_fifty_repetitions_at_once_are_one_job(client: httpx.AsyncClient, acme: Any, send: Any) -> None:
    answers = await asyncio.gather(*(send("a") for _ in range(50)))
    assert {each.status_code for each in answers} == {202}
    assert len({each.json()["job_id"] for each in answers}) == 1
    assert sum("Idempotent-Replayed" in each.headers for each in answers) == 49
    assert len((await client.get("/jobs", headers=acme)).json()["jobs"]) == 1


class _AnswerLost(AsyncDatabase):
    """A database that accepts jobs and is cut off before it can say so."""

    async def write(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        done = await super().write(query, *args, **kwargs)
        if query is accept:
            raise DatabaseAway("no answer", 3)
        return done


async def test_repetition_after_the_database_was_lost_gets_a_job_that_runs(
    api: FastAPI, services: Services, send: Any, runner: Runner, client: httpx.AsyncClient, acme: Any
) -> None:
    api.state.services = replace(services, database=_AnswerLost(services.database.engine))
    assert (await send("a")).status_code == 503
    api.state.services = services
    again = await send("a")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (202, "true")
    await asyncio.to_thread(runner, again.json()["job_id"])
    assert (await client.get(again.json()["status_url"], headers=acme)).json()["status"] == "succeeded"


async def test_refused_submit_does_not_take_the_name(send: Any) -> None:
    assert (await send("a", " ")).status_code == 422
    assert (await send("a")).status_code == 202


@pytest.mark.parametrize("name", ["", "two words", "x" * 201], ids=["empty", "space", "long"])
async def test_name_that_is_none_is_refused(name: str, send: Any) -> None:
    answer = await send(name)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_name_is_forgotten_after_a_day(send: Any, database: Database) -> None:
    first = await send("a")

    def age(connection: Any) -> None:
        old = now(connection) - KEPT - timedelta(seconds=1)
        connection.execute(update(idempotency).values(created_at=old))

    database.write(age)
    assert (await send("a", "something else")).json()["job_id"] != first.json()["job_id"]
    database.write(age)
    assert database.write(forget) == 1
