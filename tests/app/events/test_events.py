from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event as sql_event
from starlette.types import Message

from app.database.engine import Database
from app.events import feed as feeds
from app.events import story as stories
from app.events.feed import Feed, Standing, Watch
from app.events.stream import BEAT, EventStream, event
from app.jobs import rows
from app.jobs.rows import NewJob
from app.jobs.runner import Runner
from app.jobs.schemas import JobView
from app.jobs.version import version
from app.keys.authentication import DEVELOPER
from app.keys.key import Key
from app.services import Services


def parsed(text: str) -> list[dict[str, Any]]:
    """Return the events of a stream as a browser would; comments and `retry` alone are none."""
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [block | {"data": json.loads(block["data"])} for block in blocks if "data" in block]


async def ended(client: httpx.AsyncClient, job_id: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    answer = await client.get(f"/events/{job_id}", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("retry: 2000\n\n")
    return parsed(answer.text)


def key_of(customer: str) -> Key:
    return replace(DEVELOPER, customer=customer)


async def watched(services: Services, count: int = 1) -> None:
    """Return once so many streams listen."""
    while services.feed.open_streams < count:  # noqa: ASYNC110 - nothing of the service's tells it
        await asyncio.sleep(0.005)


async def test_stream_tells_how_the_job_goes_and_ends_with_it(
    client: httpx.AsyncClient, services: Services, acme: dict[str, str], runner: Runner, submit: Any
) -> None:
    job_id = (await submit("slow=0.7"))["job_id"]
    listening = asyncio.create_task(ended(client, job_id, acme))
    await watched(services)
    await asyncio.to_thread(runner, job_id)
    *steps, last = await listening
    assert [step["event"] for step in steps] == ["status"] * len(steps)
    states = [step["data"]["status"] for step in steps]
    assert (states[0], states[-1]) == ("queued", "succeeded")
    assert "running" in states
    assert last == {"event": "end", "data": {"status": "succeeded"}}
    status = await client.get(f"/status/{job_id}", headers=acme)
    assert steps[-1]["id"] == status.headers["etag"]
    assert steps[-1]["data"] == status.json()
    assert services.feed.open_streams == 0


async def test_client_that_comes_back_gets_what_is_new(
    client: httpx.AsyncClient, services: Services, acme: dict[str, str], runner: Runner, submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    known = (await client.get(f"/status/{job_id}", headers=acme)).headers["etag"]
    listening = asyncio.create_task(ended(client, job_id, acme | {"Last-Event-ID": known}))
    await watched(services)
    await asyncio.to_thread(runner, job_id)
    events = await listening
    assert "queued" not in [each["data"]["status"] for each in events]
    again = await client.get(f"/events/{job_id}", headers=acme | {"Last-Event-ID": events[-2]["id"]})
    assert (again.status_code, again.content) == (204, b"")
    assert [each["event"] for each in await ended(client, job_id, acme)] == ["status", "end"]


async def test_stream_that_cannot_be_had_is_refused_with_a_status(
    client: httpx.AsyncClient, services: Services, acme: dict[str, str], admin: dict[str, str], submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    made = await client.post("/keys", headers=admin, json={"customer": "rival"})
    rival = {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await client.get(f"/events/{job_id}", headers=rival)).json()["code"] == "job_unknown"
    assert (await client.get(f"/events/{job_id}")).status_code == 401
    refused = await client.get(f"/events/{job_id}", headers=acme | {"Accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")
    services.stopping.begin()
    stopped = await client.get(f"/events/{job_id}", headers=acme)
    assert (stopped.status_code, stopped.json()["code"]) == (503, "shutting_down")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("DELETE", "", None, "key_revoked"),
        ("POST", "/rotate", {"overlap_seconds": 0}, "key_expired"),
        ("PATCH", "", {"scopes": ["jobs:write"]}, "scope_required"),
    ],
    ids=["revoked", "rotated without overlap", "without the scope"],
)
async def test_stream_ends_with_its_key(
    method: str,
    path: str,
    body: Any,
    code: str,
    client: httpx.AsyncClient,
    services: Services,
    acme: dict[str, str],
    admin: dict[str, str],
    submit: Any,
) -> None:
    job_id = (await submit())["job_id"]
    listening = asyncio.create_task(ended(client, job_id, acme))
    await watched(services)
    prefix = acme["Authorization"].removeprefix("Bearer ")[:11]
    done = await client.request(method, f"/keys/{prefix}{path}", headers=admin, json=body)
    assert done.is_success, done.text
    async with asyncio.timeout(10):
        *_, last = await listening
    assert (last["event"], last["data"]["code"]) == ("error", code)
    assert services.feed.open_streams == 0


async def test_one_customer_cannot_have_all_streams(
    client: httpx.AsyncClient, services: Services, acme: dict[str, str], database: Database, submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    job = await asyncio.to_thread(database.read, rows.find, job_id, None)
    assert job is not None
    with ExitStack() as streams:
        for _ in range(feeds.MOST_OF_ONE):
            streams.enter_context(services.feed.watching(Standing(job, 1), key_of("acme")))
        refused = await client.get(f"/events/{job_id}", headers=acme)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        assert refused.json()["context"] == {"limit": feeds.MOST_OF_ONE}
        with services.feed.watching(Standing(job, 1), key_of("rival")):
            assert services.feed.open_streams == feeds.MOST_OF_ONE + 1
    assert services.feed.open_streams == 0


async def test_all_streams_share_one_look_and_nobody_looks_for_none(services: Services, database: Database) -> None:
    ids = [f"{number:032x}" for number in range(3)]
    for name in ids:
        await asyncio.to_thread(database.write, rows.add, NewJob(name, "acme", "key", "standard", "hi", None, None))
    jobs = await services.database.read(rows.some, ids)
    feed, statements = Feed(services.database), []
    sql_event.listen(
        services.database.engine.sync_engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    await feed.look()
    assert [text for text in statements if "FROM job" in text] == []
    with ExitStack() as streams:
        watches = [streams.enter_context(feed.watching(Standing(job, None), key_of("acme"))) for job in jobs * 4]
        statements.clear()
        await feed.look()
        assert [len([text for text in statements if f"WHERE {each}.id IN" in text]) for each in ("job", "api_key")] == [
            1,
            1,
        ]
        assert {watch.standing.place for watch in watches if watch.standing} == {1, 2, 3}


async def test_silence_is_broken_by_comments(
    services: Services, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "_BEAT_SECONDS", 0.01)
    await asyncio.to_thread(database.write, rows.add, NewJob("a" * 32, "acme", "key", "standard", "hi", None, None))
    (job,) = await services.database.read(rows.some, ["a" * 32])
    told = stories.story(Watch(Standing(job, 1), key_of("acme")), version(job, 1), _not_shown, services.stopping)
    async with asyncio.timeout(10):
        assert [await anext(told) for _ in range(3)] == [b"retry: 2000\n\n", BEAT, BEAT]
    services.stopping.begin()
    assert await anext(told, None) is None


async def _not_shown(_standing: Standing) -> JobView:
    raise AssertionError


async def test_failure_within_a_stream_is_told_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    async def events() -> AsyncGenerator[bytes]:
        yield event("status", b"{}")
        raise RuntimeError("password is hunter2")

    sent, closed = await _sent(events(), _never)
    *_, problem = parsed(b"".join(message.get("body", b"") for message in sent).decode())
    assert (problem["event"], problem["data"]["code"], problem["data"]["status"]) == ("error", "internal", 500)
    assert "hunter2" not in json.dumps(problem)
    assert sent[-1]["more_body"] is False
    assert closed == [True]


async def test_client_that_goes_ends_its_stream() -> None:
    ended_by = []

    async def events() -> AsyncGenerator[bytes]:
        try:
            yield event("status", b"{}")
            await asyncio.Event().wait()
        finally:
            ended_by.append("closed")

    async def gone() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    _, closed = await asyncio.wait_for(_sent(events(), gone), 5)
    assert (ended_by, closed) == (["closed"], [True])


async def test_stream_that_is_slow_to_end_is_counted_no_more_however_it_is_broken_off() -> None:
    begun, closed = asyncio.Event(), []

    async def events() -> AsyncGenerator[bytes]:
        try:
            yield event("status", b"{}")
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)

    async def send(_message: Message) -> None: ...

    stream = EventStream(events(), lambda: closed.append(True))
    serving = asyncio.create_task(stream({"type": "http", "method": "GET"}, _never, send))
    await begun.wait()
    for _ in range(2):
        serving.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({serving})
    assert closed == [True]


async def _never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def _sent(events: AsyncGenerator[bytes], receive: Any) -> tuple[list[Any], list[bool]]:
    sent: list[Any] = []
    closed: list[bool] = []

    async def send(message: Message) -> None:
        sent.append(message)

    stream = EventStream(events, lambda: closed.append(True))
    with suppress(RuntimeError):  # raised again, so that it is logged and counted
        await stream({"type": "http", "method": "GET"}, receive, send)
    return sent, closed


async def test_open_streams_do_not_spoil_latency(
    api: FastAPI, client: httpx.AsyncClient, services: Services, acme: dict[str, str], submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    began = time.monotonic()
    listening = asyncio.create_task(client.get(f"/events/{job_id}", headers=acme))
    await watched(services)
    await asyncio.sleep(0.5)
    services.stopping.begin()
    await listening
    open_seconds = time.monotonic() - began
    value = api.state.plainview_telemetry.registry.get_sample_value
    labels = {
        "http_request_method": "GET",
        "http_route": "/events/{job_id}",
        "http_response_status_code": "200",
    }
    assert value("http_server_request_duration_seconds_count", labels) == 1
    assert value("http_server_request_duration_seconds_sum", labels) < open_seconds - 0.25
