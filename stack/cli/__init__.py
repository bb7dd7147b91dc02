"""The command line: one file per verb."""

import signal
import sys

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> None:
    """Run the command that the arguments name."""
    try:
        # stack/bootstrap.py holds a Ctrl-C back until there is somebody to take it without a traceback.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        from stack.cli.application import application  # noqa: PLC0415 - importing the package must stay cheap

        application(prog_name="plainview")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
