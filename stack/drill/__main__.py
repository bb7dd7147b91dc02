"""`python -m stack.drill NAME`: a drill without the command line around it."""

from __future__ import annotations

import argparse
import sys

from stack.drill.run import DRILLS, run


def main() -> int:
    """Run what the arguments name; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m stack.drill", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(DRILLS), help="which drill")
    parser.add_argument("--all", action="store_true", help="run every drill")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the isolated copy")
    arguments = parser.parse_args()
    if (arguments.name is None) == (not arguments.all):
        parser.error(f"name one drill ({', '.join(sorted(DRILLS))}), or give --all")
    return run(arguments.name, keep=arguments.keep)


if __name__ == "__main__":
    sys.exit(main())
