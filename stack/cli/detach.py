"""Run the supervisor in the background, and follow one that another command started."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import typer

from stack.cli.output import err, escape, fail
from stack.cli.watch import TerminalWatcher
from stack.cli.welcome import welcome
from stack.native.guest import Guest
from stack.native.logfile import tail
from stack.native.ports import Ports
from stack.native.state import AlreadyStarting, StackState, held, running
from stack.paths import PROJECT, Home

LOG = "supervisor.log"
POLL_SECONDS = 0.1
STATE_WITHIN_SECONDS = 20.0


def start(home: Home, ports: Ports, *, demo: bool, guest: Guest | None = None) -> None:
    """Start the supervisor in a session of its own and return when the stack is ready."""
    log = home.logs / LOG
    options = [f"--{part}-port={port}" for part, port in ports.named().items()]
    if demo:
        options.append("--demo")
    if guest is not None:
        options += guest.options()
    with log.open("ab") as output:
        if not held(home):  # else another start writes there
            output.truncate(0)
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "stack", "up", "--background", *options],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": _python_path(), "PYTHONSAFEPATH": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _follow(home, lambda: process.poll() is None, lambda state: state.supervisor.pid == process.pid)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    err.print("Runs in the background: [bold]./plainview status[/] shows it, [bold]./plainview down[/] ends it.")


def attach(home: Home, differing: Callable[[StackState], list[str]]) -> None:
    """Wait until the stack that another command started is ready, and print its addresses.

    `differing` names what this command was given and the running stack was not; then the command ends with code 1.
    """
    state = running(home)
    if state is not None and state.phase == "stopping":
        fail("the stack is stopping; try again in a moment")
    err.print("The stack runs already." if state is not None else "The stack is being started already.")
    if state is not None and state.phase == "ready":
        welcome(home, state, again=True)
    else:
        state = _follow(home, lambda: held(home), lambda state: state.running, again=True)
    if names := differing(state):
        err.print(
            f"[bold yellow]Not in force:[/] {escape(', '.join(names))}. The stack runs with what it was started with; "
            "[bold]./plainview down && ./plainview up[/] starts it with what is set now."
        )
        raise typer.Exit(1)


def _follow(
    home: Home, alive: Callable[[], bool], ours: Callable[[StackState], bool], *, again: bool = False
) -> StackState:
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
                _gave_up(home, state if begun else None)
            if not begun and time.monotonic() > deadline:
                _gave_up(home, None)
            time.sleep(POLL_SECONDS)
    finally:
        watcher.stopped()
    welcome(home, state, again=again)
    return state


def _gave_up(home: Home, state: StackState | None) -> None:
    if state is not None and state.verdict:
        fail(state.verdict)
    if state is not None and state.phase in {"stopping", "stopped"}:
        fail("the stack was stopped before it was ready")
    if held(home):
        raise AlreadyStarting(home)
    log = home.logs / LOG
    fail("the supervisor ended before the stack was ready:\n" + "\n".join(tail(log, 20)))


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
