"""The shared client against a real Redis, one that refuses, one that is silent and one that comes back."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.redis import TIMEOUT, open_redis
from app.settings import Settings
from tests.app.processes import free_port
from tests.redis_server import redis_server


def settings(tmp_path: Path, url: str | None, password: str | None = None) -> Settings:
    return Settings(home=tmp_path, redis_url=url, redis_password=password)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound nothing: a host that runs other tests beside may be slow."""
    monkeypatch.setattr("app.redis.TIMEOUT", 20)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_service_without_redis_has_none(tmp_path: Path) -> None:
    async with open_redis(settings(tmp_path, None)) as client:
        assert client is None


@pytest.mark.integration
@pytest.mark.usefixtures("patient")
async def test_two_hundred_callers_share_a_few_connections(tmp_path: Path, redis_url: str) -> None:
    async with open_redis(settings(tmp_path, redis_url)) as client:
        assert client is not None
        await asyncio.gather(*(client.incr("calls") for _ in range(200)))
        assert await client.get("calls") == b"200"
        assert len(await client.client_list()) <= 22


@pytest.mark.integration
async def test_password_comes_from_its_own_setting(tmp_path: Path) -> None:
    with redis_server(tmp_path, password="s3cret") as server:
        async with open_redis(settings(tmp_path, server.url, "s3cret")) as client:
            assert client is not None
            assert await client.ping()
        async with open_redis(settings(tmp_path, server.url)) as client:
            assert client is not None
            with pytest.raises(redis.AuthenticationError):
                await client.ping()


@pytest.mark.integration
@pytest.mark.usefixtures("patient")
async def test_client_finds_a_redis_that_came_back(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        async with open_redis(settings(tmp_path, server.url)) as client:
            assert client is not None
            await asyncio.gather(*(client.ping() for _ in range(20)))
            server.kill()
            with pytest.raises(redis.ConnectionError):
                await client.ping()
            server.start()
            # The connections of the pool are those to the dead one.
            await asyncio.gather(*(client.ping() for _ in range(20)))


async def test_absent_redis_is_told_at_once(tmp_path: Path) -> None:
    async with open_redis(settings(tmp_path, f"redis://127.0.0.1:{free_port()}")) as client:
        assert client is not None
        began = time.monotonic()
        with pytest.raises(redis.ConnectionError):
            await client.ping()
        assert time.monotonic() - began < TIMEOUT


async def test_silent_redis_costs_one_time_out(tmp_path: Path, silent_port: int) -> None:
    async with open_redis(settings(tmp_path, f"redis://127.0.0.1:{silent_port}")) as client:
        assert client is not None
        began = time.monotonic()
        with pytest.raises(redis.TimeoutError):
            await client.ping()
        assert TIMEOUT <= time.monotonic() - began < 3 * TIMEOUT
