"""PostgreSQL that stands still, or the queue's tables alone: answers in time, breakers that say so, and work that goes on after."""

from __future__ import annotations

import asyncio
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app.application import create_app
from app.breakers import Breakers
from app.database.away import DatabaseAway, is_away
from app.database.engine import open_database
from app.database.migrate import migrate
from app.generation.confined import Examiner
from app.keys.store import create_key
from app.services import Services
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import TINY, bearer, client_of
from tests.app.customer import Customer, Form, finished
from tests.app.postgresql import PostgresServer, postgres_server
from tests.app.processes import service, until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SOON = timedelta(milliseconds=300)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def settings(server: PostgresServer, tmp_path: Path) -> Settings:
    settings = Settings(
        home=tmp_path, generator=TINY, database_url=server.url, allowed_hosts=("test",), rate_limits="off"
    )
    migrate(settings)
    return settings


def state(telemetry: Telemetry, breaker: str) -> str:
    """Return the state that the series of a breaker show."""
    (found,) = [
        state
        for state in ("closed", "open", "half_open")
        if telemetry.registry.get_sample_value("circuit_breaker_state", {"breaker": breaker, "state": state})
    ]
    return found


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]


async def test_queue_that_stands_still_keeps_nobody_waiting_and_loses_no_job(
    settings: Settings,
    telemetry: Telemetry,
    examiner: Examiner,
    form: Form,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("app.jobs.guarded_queue.PATIENCE", SOON)
    api = create_app(settings.model_copy(update={"cache_scope": "off"}), telemetry, examiner=examiner)
    headers = bearer((await asyncio.to_thread(create_key, settings, "acme"))[1].text)
    engine = create_engine(settings.database.set(drivername="postgresql+psycopg"))
    async with client_of(api) as client:
        services: Services = api.state.services

        async def submit() -> str:
            answer = await client.post("/generate", headers=headers, files=form)
            assert answer.status_code == 202
            return str(answer.json()["job_id"])

        await submit()
        with caplog.at_level(logging.INFO), engine.connect() as holder:
            holder.execute(text("LOCK TABLE dbos.workflow_status IN ACCESS EXCLUSIVE MODE"))
            ids = [await submit() for _ in range(6)]
            assert state(telemetry, "queue") == "open"
            cancelled = await client.post(f"/cancel/{ids[0]}", headers=headers)
            assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
            message = ""
            async with asyncio.timeout(20):
                while "queue is" not in message:  # an answer is kept for a moment
                    await asyncio.sleep(0.1)
                    message = (await client.get("/health")).json()["components"]["breakers"]["message"]
            holder.rollback()
            # Nobody asks but the health check, and the reconciler delivers.
            await asyncio.to_thread(until, lambda: state(telemetry, "queue") == "closed")
            await asyncio.to_thread(until, lambda: set(ids[1:]) <= set(services.queue.plain.states(ids)))
    engine.dispose()
    assert events(caplog).count("job.enqueue_postponed") == 6
    assert {"breaker.opened", "breaker.closed"} <= set(events(caplog))


def test_blocking_call_to_a_server_that_stands_still_ends_in_time(
    server: PostgresServer, settings: Settings, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.database.bounded.PATIENCE", SOON)

    def one(connection: Any) -> Any:
        return connection.scalar(text("SELECT 1"))

    breaker = Breakers(telemetry).make("database", threshold=1, pause=timedelta(seconds=1), counts=is_away)
    with open_database(settings.database, breaker=breaker) as database:
        assert database.read(one) == 1
        with server.standing_still():
            began = time.monotonic()
            with pytest.raises(OperationalError):
                database.read(one)
            assert time.monotonic() - began < 10  # what is a connection anew may take five seconds
            with pytest.raises(DatabaseAway, match="left alone"):
                database.write(one)
        assert until(lambda: answers(database, one)) == 1
    assert state(telemetry, "database") == "closed"


def answers(database: Any, query: Any) -> Any:
    try:
        return database.read(query)
    except (OperationalError, DatabaseAway):
        return None


def test_worker_says_that_its_database_stands_still_and_keeps_its_job(
    server: PostgresServer, settings: Settings, tmp_path: Path, form: Form
) -> None:
    environment = {
        "PLAINVIEW_HOME": str(tmp_path),
        "PLAINVIEW_DATABASE_URL": server.url,
        "PLAINVIEW_GENERATOR": TINY,
        "PLAINVIEW_GPU": "off",
    }
    with service(environment, tmp_path) as running:
        running.start("serve")
        running.start("worker")
        customer = Customer(running.url, create_key(settings, "acme")[1].text, form)
        job_id = customer.submit("slow=2")
        customer.wait(job_id, lambda status: status["progress"] > 0.2)
        ready = running.metrics_url.replace("/metrics", "/health/ready")
        assert status_of(ready) == 200
        with server.standing_still():
            until(lambda: status_of(ready) == 503)
        until(lambda: status_of(ready) == 200)
        ended = customer.wait(job_id, finished)
        assert (ended["status"], ended["attempts"]) == ("succeeded", 1)
        customer.close()


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
