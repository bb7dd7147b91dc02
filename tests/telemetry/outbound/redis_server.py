"""A real Redis of one test run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.app.processes import free_port, until


def binary() -> str:
    """Return the server's program; missing fails in CI and skips elsewhere.

    On Debian `redis-server` is a link, in a package that also starts a service, to a program in `redis-tools`.
    """
    found = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Redis is not installed: apt-get install redis-tools")
        pytest.skip("Redis is not installed: apt-get install redis-tools")
    return found


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """Run a server without persistence and give its port."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([*command, "--dir", str(folder)], executable=binary(), stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port) as client:
            until(lambda: _answers(client))
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
