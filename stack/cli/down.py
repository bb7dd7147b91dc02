"""`down`: stop the stack."""

import os
import signal
import time
from typing import Annotated

import typer

from stack.cli import compose
from stack.cli.output import err, fail
from stack.native.launch import end_leftovers
from stack.native.state import StackState, leftovers, running
from stack.paths import Home


def down(
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Do not wait for running jobs; they are run again later.")
    ] = False,
) -> None:
    """Stop everything in order; a running job gets time to finish."""
    home = Home.default()
    state = running(home)
    if state is not None:
        _end(home, state, force=force)
    elif leftovers(home):
        end_leftovers(home, err.print)
    elif compose.running():
        raise typer.Exit(compose.down())
    else:
        err.print("Nothing is running.")


def _end(home: Home, state: StackState, *, force: bool) -> None:
    pid = state.supervisor.pid
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    if force:
        time.sleep(0.2)  # two equal signals that are pending at once arrive as one
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + state.ends_within
    with err.status("Stopping") as shown:
        while state.supervisor.alive:
            if (now := StackState.read(home)) is not None:
                alive = [part.title for part in now.parts if part.alive]
                shown.update(f"Stopping; still running: {', '.join(alive) or 'the supervisor'}")
            if time.monotonic() > deadline:
                fail(
                    f"the supervisor (pid {pid}) did not end within {state.ends_within:g} s; ./plainview down --force ends it now"
                )
            time.sleep(0.1)
    err.print("Stopped.")
