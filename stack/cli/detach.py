"""Run the supervisor in the background, and follow one that another command started."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from stack.cli.output import err, fail
from stack.cli.watch import TerminalWatcher
from stack.cli.welcome import welcome
from stack.native.logfile import tail
from stack.native.ports import Ports
from stack.native.state import StackState, running
from stack.paths import PROJECT, Home

POLL_SECONDS = 0.1
STATE_WITHIN_SECONDS = 20.0


def start(home: Home, ports: Ports, *, demo: bool) -> None:
    """Start the supervisor in a session of its own and return when the stack is ready."""
    log = home.logs / "supervisor.log"
    options = [f"--{part}-port={port}" for part, port in ports.named().items()]
    if demo:
        options.append("--demo")
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "stack", "up", "--background", *options],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": _python_path(), "PYTHONSAFEPATH": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _follow(home, lambda: process.poll() is None, lambda state: state.supervisor.pid == process.pid)
    err.print("Runs in the background: [bold]./plainview status[/] shows it, [bold]./plainview down[/] ends it.")


def attach(home: Home) -> None:
    """Wait until the stack that another command started is ready, and print its addresses."""
    state = running(home)
    if state is not None and state.phase == "stopping":
        fail("the stack is stopping; try again in a moment")
    err.print("The stack runs already.")
    if state is not None and state.phase == "ready":
        welcome(home, state)
        return
    _follow(home, lambda: running(home) is not None, lambda _state: True)


def _follow(home: Home, alive: Callable[[], bool], ours: Callable[[StackState], bool]) -> None:
    """Show the parts getting ready; fails with the verdict when the supervisor gives up."""
    watcher, shown = TerminalWatcher(home, background=True), StackState.read(home)
    deadline = time.monotonic() + STATE_WITHIN_SECONDS
    begun = False
    try:
        while True:
            still = alive()
            state = StackState.read(home)
            if state is not None and ours(state):
                if not begun:
                    shown, begun = state, True
                    watcher.starting(shown)
                elif shown is not None:
                    shown.parts = state.parts
                if state.phase == "ready":
                    break
            if not still:
                _gave_up(home, state if state is not None and ours(state) else None)
            if not begun and time.monotonic() > deadline:
                _gave_up(home, None)
            time.sleep(POLL_SECONDS)
    finally:
        watcher.stopped()
    welcome(home, state)


def _gave_up(home: Home, state: StackState | None) -> None:
    if state is not None and state.verdict:
        fail(state.verdict)
    log = home.logs / "supervisor.log"
    fail("the supervisor ended before the stack was ready:\n" + "\n".join(tail(log, 20)))


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
