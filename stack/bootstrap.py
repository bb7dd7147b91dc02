"""Make the environment on first use, then run the command in it. Only the standard library is at hand here."""

import os
import signal
import sys
from typing import NoReturn

from stack.native.environment import Environment, EnvironmentBroken
from stack.native.pip import PipFailed
from stack.paths import PROJECT, Home

LOCKS = PROJECT / "requirements"
FOR_DEVELOPMENT = {"test"}
LOOKING = {"-h", "--help"}


def main() -> NoReturn:
    """Run `plainview` with the arguments of this process, in an environment made from the lock."""
    home = Home.default()
    environment = Environment(home.venv)
    needs_tools = FOR_DEVELOPMENT & set(sys.argv[1:2]) and not LOOKING & set(sys.argv)
    lock = LOCKS / ("dev.txt" if needs_tools else "runtime.txt")
    # Until here the default ended the process at once; now there are files to leave in order.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if not environment.holds(lock):
            environment.install(lock, home.logs / "install.log")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(
            f"plainview: cannot make {home.venv}: {error}. Free the disk, fix its owner, or set PLAINVIEW_HOME to another folder"
        )
    except (EnvironmentBroken, PipFailed) as error:
        sys.exit(f"plainview: {error}")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # stack.cli.main takes it from here
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))),
        "PYTHONSAFEPATH": "1",  # a package in the caller's folder must not stand before ours
    }
    os.execve(environment.python, [str(environment.python), "-m", "stack", *sys.argv[1:]], variables)  # noqa: S606
