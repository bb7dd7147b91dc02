"""A blocked event loop and a full thread pool are seen, of an app whose lifespan runs."""

import asyncio
import threading
import time
from contextlib import asynccontextmanager

import anyio.to_thread
import httpx
import pytest
from fastapi import FastAPI

from telemetry.http import _loop


@asynccontextmanager
async def served(app):
    """Run the app's lifespan as a server does: one call for as long as it serves."""
    inbox, outbox = asyncio.Queue(), asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client:
        yield client
    await inbox.put({"type": "lifespan.shutdown"})
    await task


@pytest.fixture
def lag(registry, monkeypatch):
    monkeypatch.setattr(_loop, "_SECONDS_BETWEEN", 0.01)
    return lambda series, **labels: registry.get_sample_value(f"event_loop_lag_seconds_{series}", labels)


async def test_a_blocked_event_loop_shows_as_lag(app: FastAPI, lag):
    @app.get("/x")
    async def blocks() -> int:
        time.sleep(0.3)  # noqa: ASYNC251 - the fault that is to be seen
        return 1

    async with served(app) as client:
        await client.get("/x")
        await asyncio.sleep(0.02)  # the timer that was due meanwhile comes first
    assert lag("sum") > 0.2
    assert lag("bucket", le="0.1") < lag("count")


async def test_nothing_runs_on_after_the_lifespan(app: FastAPI, lag):
    async with served(app):
        pass
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("plainview")] == []


async def test_blocking_handlers_that_fill_the_pool_are_seen(app: FastAPI, registry):
    free, held = threading.Event(), threading.Barrier(3)

    @app.get("/x")
    def blocks() -> int:
        if not free.is_set():
            held.wait()
        free.wait()
        return 1

    async with served(app) as client:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2
        asked = [asyncio.create_task(client.get("/x")) for _ in range(5)]
        both = threading.Thread(target=held.wait)
        both.start()
        await asyncio.get_running_loop().run_in_executor(None, both.join)
        assert registry.get_sample_value("thread_pool_threads") == 2
        assert registry.get_sample_value("thread_pool_threads_limit") == 2
        assert registry.get_sample_value("thread_pool_waiting") == 3
        free.set()
        assert [answer.status_code for answer in await asyncio.gather(*asked)] == [200] * 5
        assert registry.get_sample_value("thread_pool_threads") == 0
