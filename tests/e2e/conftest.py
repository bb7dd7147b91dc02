"""The whole native stack, started by the real command in a home of its own."""

import os
import random
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from stack.native import programs
from stack.native.ports import Ports
from stack.paths import PROJECT, Home

START_SECONDS = 120


@dataclass(frozen=True)
class NativeStack:
    """A running stack: where it is, and the first administrator's key."""

    home: Home
    ports: Ports
    environment: dict[str, str]
    output: str
    """What `up` printed."""

    @property
    def key(self):
        return (self.home.secrets / "first_api_key").read_text().strip()

    @property
    def console_token(self):
        return (self.home.secrets / "console_token").read_text().strip()

    def url(self, part):
        """The base address of a part, by the names in Ports."""
        return f"http://127.0.0.1:{getattr(self.ports, part)}"

    def api(self, **options):
        """An HTTP client of the API with the administrator's key."""
        return httpx.Client(
            base_url=self.url("api"), headers={"Authorization": f"Bearer {self.key}"}, timeout=30, **options
        )

    def command(self, *words, check=True):
        """Run `plainview WORDS` against this stack."""
        return run(self.environment, *words, check=check)


def run(environment, *words, check=True):
    return subprocess.run(
        [sys.executable, "-m", "stack", *map(str, words)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=check,
        timeout=START_SECONDS,
    )


def free_ports():
    """Ports that are free now, all different; below those that the system gives to outgoing connections meanwhile."""
    with ExitStack() as sockets:
        return Ports(*(sockets.enter_context(free_port()).getsockname()[1] for _ in Ports().named()))


def free_port():
    while True:
        probe = socket.socket()
        try:
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))  # noqa: S311
        except OSError:
            probe.close()
        else:
            return probe


def clean_environment(home, **variables):
    """This process's environment without anybody's settings, for a stack in `home`."""
    found = Path(programs.find("alertmanager", Home.default().root)).parent
    theirs = ("PLAINVIEW_", "OTEL_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    return kept | {
        "PLAINVIEW_HOME": str(home.root),
        "PATH": f"{found}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
        "NO_COLOR": "1",
        **variables,
    }


@contextmanager
def native_stack_in(folder, *options, **variables):
    """Start a stack in `folder`; it is down again at the end. Options are those of `up`."""
    home, ports = Home(Path(folder) / "home"), free_ports()
    environment = clean_environment(home, **variables)
    numbers = [f"--{part}-port={port}" for part, port in ports.named().items()]
    try:
        started = run(environment, "up", "--detach", *numbers, *options, check=False)
        assert started.returncode == 0, started.stdout + started.stderr
        yield NativeStack(home, ports, environment, started.stdout)
    finally:
        run(environment, "down", "--force", check=False)


@pytest.fixture(scope="session")
def native_stack(tmp_path_factory):
    """One stack for all tests that only use it, with a simulated GPU. A test that breaks parts starts its own."""
    with native_stack_in(tmp_path_factory.mktemp("stack"), PLAINVIEW_GPU="simulated") as stack:
        yield stack


@pytest.fixture
def own_stack(tmp_path):
    """Starts stacks of the test's own; options are those of `up`, keywords are variables."""
    with ExitStack() as stacks:
        yield lambda *options, **variables: stacks.enter_context(native_stack_in(tmp_path, *options, **variables))


STACKS = {"native_stack", "own_stack"}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items):
    """Tests of whole stacks run in one process of pytest-xdist: what they share is started once, and no two at once."""
    for item in items:
        if STACKS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("stacks"))
