import asyncio
import socket
import sys
import time
from pathlib import Path

import pytest

from stack.native.part import Part, Plan
from stack.native.ports import Ports
from stack.paths import Home

STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home").create()


@pytest.fixture
def free_port():
    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


@pytest.fixture
def stand_in(free_port):
    """Makes a part that is a small real process; keyword options become those of stand_in.py."""

    def make(name, *arguments, serve=True, **fields):
        port = free_port()
        command = [sys.executable, "-S", str(STAND_IN), "--name", name, *map(str, arguments)]
        if serve:
            command += ["--port", str(port)]
            fields.setdefault("ready", (f"http://127.0.0.1:{port}/",))
        return Part(name, tuple(command), **fields)

    return make


@pytest.fixture
def plan():
    return lambda *parts: Plan(parts, Ports())


@pytest.fixture
def until():
    """Waits for what another process brings about, and fails the test when it does not come."""

    async def wait(condition, within=10.0):
        deadline = time.monotonic() + within
        while not (value := condition()):
            assert time.monotonic() < deadline, "it did not happen"
            await asyncio.sleep(0.02)
        return value

    return wait
