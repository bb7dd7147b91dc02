"""What every room's tests share: the real programs, found or installed as `./plainview up` does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.native import programs
from stack.paths import Home
from tests.parts import missing
from tests.redis_server import RedisServer, redis_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the time of slow tests to what they start, whose lines are not counted."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def program() -> Callable[[str], Path]:
    """Return a function from a program's name to its path."""

    def find(name: str) -> Path:
        try:
            return programs.find(name, Home.default().root)
        except programs.ProgramMissing as error:
            missing(str(error))

    return find


@pytest.fixture(scope="session")
def promtool(program: Callable[[str], Path]) -> Path:
    return program("promtool")


@pytest.fixture(scope="session")
def amtool(program: Callable[[str], Path]) -> Path:
    return program("amtool")


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of the whole run; `redis_url` gives it empty."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_port(shared_redis: RedisServer) -> int:
    return shared_redis.port


@pytest.fixture
def redis_url(shared_redis: RedisServer) -> str:
    """The address of a Redis that holds nothing."""
    with shared_redis.client() as client:
        client.flushall()
    return shared_redis.url
