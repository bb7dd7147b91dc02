"""Redis that goes away, says nothing or comes back: decisions are made all the while, and soon."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from limits import parse

from app.breakers import Breaker, Breakers
from app.limits.counts import Counts
from app.limits.limiter import Limiter
from app.limits.standing import Policy
from app.limits.table import Table
from app.redis import check, is_away, open_redis
from app.settings import Settings
from telemetry import Telemetry
from tests.redis_server import RedisServer, redis_server

pytestmark = pytest.mark.integration

LIMIT = (Policy("submit", parse("1000000/hour")),)
PAUSE = timedelta(milliseconds=100)
#: By the clock, on a host that is busy with other tests. What is promised is in test_bound.py, by ticks of the loop.
MOST_SECONDS = 3


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
async def shared(server: RedisServer, tmp_path: Path, telemetry: Telemetry) -> AsyncIterator[tuple[Counts, Breaker]]:
    async with open_redis(Settings(home=tmp_path, redis_url=server.url)) as client:
        breaker = Breakers(telemetry).make("redis", threshold=3, pause=PAUSE, counts=is_away)
        yield Counts(client, breaker), breaker


async def slowest(counts: Counts, times: int = 30) -> float:
    """Decide one after the other and return the longest time that it took."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        assert (await counts.take(LIMIT, "caller")).refused_by is None
        took.append(time.monotonic() - began)
    return max(took)


async def back(counts: Counts, breaker: Breaker) -> None:
    async with asyncio.timeout(20):
        while breaker.state != "closed":
            await counts.take(LIMIT, "caller")
            await asyncio.sleep(0.01)


async def test_decisions_go_on_while_redis_is_dead_and_are_shared_once_it_is_back(
    server: RedisServer, shared: tuple[Counts, Breaker]
) -> None:
    counts, breaker = shared
    await counts.take(LIMIT, "caller")
    server.kill()
    assert await slowest(counts) < MOST_SECONDS
    assert breaker.state != "closed"
    server.start()
    await back(counts, breaker)
    with server.client() as client:
        assert client.keys("plainview:limits:*")


async def test_redis_that_says_nothing_costs_a_few_callers_one_wait(
    server: RedisServer, shared: tuple[Counts, Breaker]
) -> None:
    counts, breaker = shared
    await counts.take(LIMIT, "caller")
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        took = await asyncio.gather(*(slowest(counts, 1) for _ in range(50)))
        assert max(took) < MOST_SECONDS
        assert breaker.state != "closed"
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    await back(counts, breaker)


async def test_absence_is_told_once_in_log_and_metric_and_so_is_return(
    server: RedisServer, tmp_path: Path, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    def degraded() -> float | None:
        return telemetry.registry.get_sample_value("rate_limit_degraded", {"limiter": "requests"})

    async with open_redis(Settings(home=tmp_path, redis_url=server.url)) as client:
        assert client is not None
        breaker = Breakers(telemetry).make("redis", threshold=3, pause=PAUSE, counts=is_away)
        counts = Counts(client, breaker)
        Limiter(Table(), counts, telemetry=telemetry).follow(breaker)
        with caplog.at_level(logging.INFO):
            assert (degraded(), (await check(client, breaker)).status) == (0, "healthy")
            server.kill()
            for _ in range(10):
                await slowest(counts)
            assert (degraded(), (await check(client, breaker)).status) == (1, "degraded")
            server.start()
            async with asyncio.timeout(20):  # nobody asks but the health check
                while breaker.state != "closed":
                    await asyncio.sleep(0.01)
                    await check(client, breaker)
            assert degraded() == 0
    events = [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]
    assert events.count("rate_limit.alone") == 1
    assert events.count("rate_limit.shared_again") == 1
