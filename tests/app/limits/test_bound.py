"""What a request waits for Redis at most, however Redis is away: one deadline over connection, command, second try and pool.

Time is told by ticks of the loop itself: a host that is busy with other tests delays them as it delays what is measured.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from limits import parse

from app.application import create_app
from app.breakers import Breakers
from app.generation.confined import Examiner
from app.keys.secret import mint
from app.limits.counts import SILENCE, Counts
from app.limits.standing import Policy
from app.limits.waited import Waited
from app.redis import is_away, open_redis
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import bearer, client_of
from tests.redis_server import RedisServer, redis_server

LIMIT = (Policy("submit", parse("1000000/hour")),)
TICK = SILENCE.total_seconds() / 8
#: A decision takes 9 of them at most where nothing else runs; the client itself would wait for 40 and more.
MOST_TICKS = 20


@asynccontextmanager
async def counting(url: str, tmp_path: Path, telemetry: Telemetry) -> AsyncIterator[Counts]:
    """Give counts whose breaker never opens, so that each decision meets what is wrong."""
    async with open_redis(Settings(home=tmp_path, redis_url=url)) as client:
        breakers = Breakers(telemetry)
        yield Counts(client, breakers.make("redis", threshold=10**6, pause=timedelta(1), counts=is_away))


async def ticks_of(counts: Counts, *, at_once: int = 1, waited: Waited | None = None) -> int:
    """Return the longest of some decisions that are made at once, in ticks."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(TICK)
            ticks += 1

    async def decide() -> int:
        began = ticks
        assert (await counts.take(LIMIT, "caller", waited)).refused_by is None
        return ticks - began

    ticking = asyncio.create_task(tick())
    try:
        return max(await asyncio.gather(*(decide() for _ in range(at_once))))
    finally:
        ticking.cancel()


def failed(telemetry: Telemetry) -> float:
    """Return how many decisions asked Redis in vain."""
    labels = {"breaker": "redis", "outcome": "failed"}
    return telemetry.registry.get_sample_value("circuit_breaker_calls_total", labels) or 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


@contextmanager
def standing_still(server: RedisServer) -> Iterator[None]:
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


@pytest.mark.integration
@pytest.mark.parametrize("at_once", [1, 100])
async def test_server_that_stands_still(server: RedisServer, tmp_path, telemetry, at_once: int) -> None:
    async with counting(server.url, tmp_path, telemetry) as counts:
        await counts.take(LIMIT, "caller")
        before = failed(telemetry)  # a busy host may have kept even this one from its answer
        with standing_still(server):
            took = [await ticks_of(counts, at_once=at_once) for _ in range(3)]
    assert max(took) <= MOST_TICKS
    assert failed(telemetry) - before == 3 * at_once


@pytest.mark.integration
@pytest.mark.parametrize("at_once", [1, 100])
async def test_server_that_was_killed(server: RedisServer, tmp_path, telemetry, at_once: int) -> None:
    async with counting(server.url, tmp_path, telemetry) as counts:
        await ticks_of(counts, at_once=20)
        server.kill()
        assert max([await ticks_of(counts, at_once=at_once) for _ in range(3)]) <= MOST_TICKS
    assert failed(telemetry) >= 3 * at_once


@pytest.mark.integration
async def test_server_that_takes_connections_and_stands_still(server: RedisServer, tmp_path, telemetry) -> None:
    async with counting(server.url, tmp_path, telemetry) as counts:
        with standing_still(server):
            assert max([await ticks_of(counts, at_once=100) for _ in range(3)]) <= MOST_TICKS
    assert failed(telemetry) == 300


async def test_host_that_answers_no_attempt_to_connect(tmp_path, telemetry) -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # the kernel lets one or two wait, and drops what asks after them
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        async with counting(f"redis://127.0.0.1:{listener.getsockname()[1]}", tmp_path, telemetry) as counts:
            took = [await ticks_of(counts, at_once=50) for _ in range(3)]
    assert max(took) <= MOST_TICKS
    assert failed(telemetry) == 150


async def test_connection_that_is_reset_in_the_middle_of_each_command(tmp_path, telemetry) -> None:
    commands = 0

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal commands
        commands += bool(await reader.read(100))
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    async with await asyncio.start_server(reset, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        async with counting(f"redis://127.0.0.1:{port}", tmp_path, telemetry) as counts:
            assert max([await ticks_of(counts, at_once=50) for _ in range(3)]) <= MOST_TICKS
    assert commands > 0
    assert failed(telemetry) == 150


async def test_all_decisions_of_a_request_wait_no_longer_than_one(server: RedisServer, tmp_path, telemetry) -> None:
    async with counting(server.url, tmp_path, telemetry) as counts:
        await counts.take(LIMIT, "caller")
        waited, before = Waited(), failed(telemetry)
        with standing_still(server):
            took = [await ticks_of(counts, waited=waited) for _ in range(3)]
    assert waited.in_vain
    assert took[0] <= MOST_TICKS
    assert failed(telemetry) - before == 1


async def test_request_with_a_wrong_key_waits_once(
    server: RedisServer, settings: Settings, telemetry: Telemetry, examiner: Examiner
) -> None:
    """It is looked at for its address, its failure is counted, and so is a request without a good key."""

    limited = settings.model_copy(update={"redis_url": server.url, "rate_limits": None})
    async with client_of(create_app(limited, telemetry, examiner=examiner)) as client:
        with standing_still(server):
            before = failed(telemetry)
            answer = await client.get("/jobs", headers=bearer(mint().text))
            assert answer.status_code == 401
            assert 1 <= failed(telemetry) - before <= 2  # the second may be a look at Redis' health
