"""`python -m telemetry serve package.module:app`: somebody's app, unchanged, with telemetry around it."""

import argparse
import sys
from collections.abc import Sequence

from telemetry.apps import _command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m telemetry", description=__doc__)
    _command.add_to(parser.add_subparsers(required=True, metavar="COMMAND"))
    chosen = parser.parse_args(arguments)
    status: int = chosen.run(chosen)
    return status


if __name__ == "__main__":
    sys.exit(main())
