"""`python -m alerts build [--out FILE] [--console-url URL]` writes the rules, `check` says whether they are current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alerts import build, check
from alerts.rules import RULES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 1 with the reasons on standard error."""
    parser = argparse.ArgumentParser(prog="python -m alerts")
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("build", help="write the rules as Prometheus reads them")
    writing.add_argument("--out", type=Path, default=build.GENERATED / "rules.yml", help="file to write to")
    writing.add_argument("--console-url", default=build.CONSOLE_URL, help="where people reach the console")
    commands.add_parser("check", help="check every rule, and that the generated file is current")
    options = parser.parse_args(arguments)
    faults = list(check.problems())
    if not faults and options.command == "build":
        build.write(options.out, console_url=options.console_url)
        sys.stdout.write(f"{options.out}\n")
    elif not faults and not build.current():
        faults = ["alerts/generated/rules.yml is not current: run `python -m alerts build`"]
    elif not faults:
        sys.stdout.write(f"OK: {len(RULES)} alert rules with their runbooks; alerts/generated/rules.yml is current\n")
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
