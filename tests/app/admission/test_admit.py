"""Admission over HTTP and in the database: bounds that hold under concurrency, turns, places."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Connection, select, update

from app.admission.order import FAR, IN_ORDER
from app.admission.rules import Rules
from app.database.engine import Database
from app.database.tables import job
from app.errors import ServiceError
from app.jobs.acceptance import Terms, accept
from app.jobs.job import State
from app.jobs.rows import NewJob, cancel
from app.keys.store import create_key
from app.quotes.history import History
from app.repeats.wishes import Wishes
from app.services import Services
from app.settings import Settings
from tests.app.conftest import bearer

RULES = Rules(max_wait=3600, max_jobs=10)
TERMS = Terms(Wishes(), "", "", "off", timedelta(hours=6), {}, History(None, [], 0.0), RULES)

Form = dict[str, tuple[str | None, bytes]]
Add = Callable[..., str]


def unchecked(_connection: Connection) -> None:
    """No budget."""


def new(number: int, customer: str, tier: str = "standard") -> NewJob:
    return NewJob(f"{number:032x}", customer, "k", tier, "hello", None, None)


@pytest.fixture
def add(database: Database) -> Add:
    """Return a function that accepts a job of a customer and returns its id."""
    count = iter(range(1000))

    def accepted(customer: str, tier: str = "standard") -> str:
        job = new(next(count), customer, tier)
        database.write(accept, job, TERMS, unchecked)
        return job.id

    return accepted


def order(database: Database) -> list[str]:
    query = select(job.c.customer).where(job.c.state == State.QUEUED).order_by(*IN_ORDER)
    return list(database.read(lambda connection: connection.scalars(query).all()))


def begin(database: Database, job_id: str) -> None:
    """Start a job, as far as its row goes."""
    started = update(job).where(job.c.id == job_id).values(state=State.RUNNING, started_at=job.c.created_at)
    database.write(lambda connection: connection.execute(started))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"queue_max_jobs": 3, "cache_scope": "off"})


async def test_full_queue_answers_when_to_come_back_and_leaves_nothing(
    client: httpx.AsyncClient, settings: Settings, acme: dict[str, str], form: Form, services: Services
) -> None:
    for _ in range(3):
        assert (await client.post("/generate", headers=acme, files=form)).status_code == 202
    refused = await client.post("/generate", headers=acme, files=form)
    assert (refused.status_code, refused.json()["code"]) == (429, "customer_queue_full")
    assert refused.headers["retry-after"] == "11"  # once one has ended, and nothing is known of how long that takes
    assert len(list((settings.data / "uploads").iterdir())) == 3
    beta = bearer((await asyncio.to_thread(create_key, settings, "beta"))[1].text)
    assert (await client.post("/generate", headers=beta, files=form)).status_code == 202
    gamma = bearer((await asyncio.to_thread(create_key, settings, "gamma"))[1].text)
    assert (await client.post("/generate", headers=gamma, files=form)).status_code == 202
    delta = bearer((await asyncio.to_thread(create_key, settings, "delta"))[1].text)
    refused = await client.post("/generate", headers=delta, files=form)
    assert (refused.status_code, refused.json()["code"]) == (503, "queue_full")
    counted = services.telemetry.registry.get_sample_value
    assert counted("job_rejected_total", {"operation": "generate", "code": "queue_full"}) == 1
    assert counted("job_rejected_total", {"operation": "generate", "code": "customer_queue_full"}) == 1


async def test_cancelled_job_frees_its_room(client: httpx.AsyncClient, acme: dict[str, str], form: Form) -> None:
    ids = [(await client.post("/generate", headers=acme, files=form)).json()["job_id"] for _ in range(3)]
    await client.post(f"/cancel/{ids[0]}", headers=acme)
    assert (await client.post("/generate", headers=acme, files=form)).status_code == 202


async def test_places_and_quotes_follow_the_order_that_workers_take(
    client: httpx.AsyncClient, settings: Settings, acme: dict[str, str], form: Form, services: Services
) -> None:
    flood = [(await client.post("/generate", headers=acme, files=form)).json() for _ in range(3)]
    beta = bearer((await asyncio.to_thread(create_key, settings, "beta", tier="premium"))[1].text)
    asked = await client.post("/quote", headers=beta, json={"audio_seconds": 1})
    assert asked.json()["queue_position"] == 2
    late = (await client.post("/generate", headers=beta, files=form)).json()
    assert [each["queue_position"] for each in (*flood, late)] == [1, 2, 3, 2]
    told = [
        (await client.get(f"/status/{each['job_id']}", headers=who)).json()["queue_position"]
        for each, who in (*((each, acme) for each in flood), (late, beta))
    ]
    assert told == [1, 3, 4, 2]
    waiting = services.queue.plain._client.list_workflows(load_input=False, load_output=False)
    waiting.sort(key=lambda each: (each.priority, each.created_at))
    assert [each.workflow_id for each in waiting] == [
        flood[0]["job_id"], late["job_id"], flood[1]["job_id"], flood[2]["job_id"],
    ]  # fmt: skip


def test_customers_take_turns_by_weight(add: Add, database: Database) -> None:
    for _ in range(5):
        add("flood")
    for _ in range(5):
        add("paid", "premium")
    assert order(database) == ["flood", *["paid"] * 4, "flood", "paid", *["flood"] * 3]


def test_customer_that_comes_later_starts_where_the_queue_is(add: Add, database: Database) -> None:
    flood = [add("flood") for _ in range(5)]
    for job_id in flood[:3]:
        begin(database, job_id)
    add("late")
    add("late")
    assert order(database) == ["late", "flood", "late", "flood"]


def test_customer_that_sends_one_after_the_other_does_not_hold_up_the_flood(add: Add, database: Database) -> None:
    """What it used counts, also once it has ended."""
    ids = [add("flood") for _ in range(3)]
    begin(database, ids[0])
    begin(database, add("steady"))
    add("steady")
    assert order(database) == ["flood", "steady", "flood"]


def test_cancelled_jobs_do_not_punish_their_customer(add: Add, database: Database) -> None:
    mine = [add("acme") for _ in range(5)]
    for job_id in mine:
        database.write(cancel, job_id)
    add("other")
    add("acme")
    add("other")
    assert order(database) == ["other", "acme", "other"]


def test_after_a_pause_all_start_alike(add: Add, database: Database) -> None:
    ended = update(job).values(state=State.SUCCEEDED, started_at=job.c.created_at)
    for _ in range(3):
        add("acme")
    database.write(lambda connection: connection.execute(ended))
    for customer in ("acme", "acme", "other", "other"):
        add(customer)
    assert order(database) == ["acme", "other", "acme", "other"]


def test_line_that_came_far_begins_anew_once_the_queue_is_empty(add: Add, database: Database) -> None:
    far = update(job).values(turn=FAR, turn_end=FAR + 1, started_at=job.c.created_at, state=State.RUNNING)
    add("acme")
    database.write(lambda connection: connection.execute(far))
    add("acme")
    assert turns(database) == [FAR, FAR + 1]
    database.write(lambda connection: connection.execute(update(job).values(state=State.SUCCEEDED)))
    add("acme")
    assert turns(database) == [0]


def turns(database: Database) -> list[int]:
    query = select(job.c.turn).where(job.c.turn.is_not(None)).order_by(job.c.turn)
    return list(database.read(lambda connection: connection.scalars(query).all()))


def test_job_of_a_version_without_turns_comes_first(add: Add, database: Database) -> None:
    add("acme")
    old = add("old")
    database.write(lambda connection: connection.execute(update(job).where(job.c.id == old).values(turn=None)))
    assert order(database) == ["old", "acme"]


def flood_at_once(database: Database, jobs: int) -> int:
    """Return how many of these jobs of one customer were accepted that came at the same time."""

    def one(number: int) -> bool:
        try:
            database.write(accept, new(number, "acme"), TERMS, unchecked)
        except ServiceError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(one, range(jobs)))


def test_concurrent_submits_never_overshoot(database: Database) -> None:
    assert flood_at_once(database, 40) == RULES.max_jobs
    assert len(set(turns(database))) == RULES.max_jobs
