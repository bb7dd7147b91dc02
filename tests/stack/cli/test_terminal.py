"""`up` on a terminal: what Ctrl-C leaves behind while everything is starting."""

import os
import pty
import select
import subprocess
import sys
import time

import pytest

from stack.native.state import StackState
from stack.paths import PROJECT, Home
from tests.e2e.conftest import clean_environment, free_ports

pytestmark = pytest.mark.integration

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"
CTRL_C = b"\x03"


class Terminal:
    """A command on a terminal of its own; `seen` is all that it wrote."""

    def __init__(self, *command, environment):
        self.seen = b""
        pid, self.screen = pty.fork()
        if pid == 0:
            os.chdir(PROJECT)
            os.execve(command[0], command, environment)  # noqa: S606
        self.pid = pid

    def read(self, seconds=0.1):
        if select.select([self.screen], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.screen, 65536)
            except OSError:  # the other end is closed
                return False
        return True

    def until(self, sign, within=40):
        deadline = time.monotonic() + within
        while sign not in self.seen:
            assert self.read(), self.seen.decode()
            assert time.monotonic() < deadline, self.seen.decode()

    def code(self, within=40):
        deadline = time.monotonic() + within
        while self.read():
            assert time.monotonic() < deadline, self.seen.decode()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def starting(home):
    """Types `up` on a terminal."""
    terminals = []

    def start(*options):
        environment = clean_environment(home, TERM="xterm", PYTHONPATH=str(PROJECT))
        ports = [f"--{part}-port={port}" for part, port in free_ports().named().items()]
        command = (sys.executable, "-m", "stack", "up", *ports, *options)
        terminals.append(Terminal(*command, environment=environment))
        return terminals[-1]

    yield start
    for terminal in terminals:
        os.close(terminal.screen)


@pytest.mark.parametrize("options", [(), ("--detach",)], ids=["foreground", "detached"])
def test_ctrl_c_while_starting_ends_all_and_restores_the_terminal(starting, home, options):
    terminal = starting(*options)
    terminal.until(b"Console")
    os.write(terminal.screen, CTRL_C)
    assert terminal.code() == 130, terminal.seen.decode()
    assert terminal.seen.rfind(SHOW) > terminal.seen.rfind(HIDE), "the cursor is hidden"
    assert terminal.seen.count(HIDE) == 1, "two tables"
    assert b"Traceback" not in terminal.seen
    state = StackState.read(home)
    assert not state.running
    assert not any(part.alive for part in state.parts)


def test_ctrl_c_while_the_program_is_loading_is_no_traceback():
    """The bootstrap holds the signal back until the command line takes it."""
    program = (
        "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT});"
        "os.kill(os.getpid(), signal.SIGINT);"
        "from stack.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
