"""`python -m dashboards build [--out DIR]` writes the dashboards, `check` says whether they are current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboards import build, listing, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 1 with the reasons on standard error."""
    parser = argparse.ArgumentParser(prog="python -m dashboards")
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("build", help="write the dashboards as JSON")
    writing.add_argument("--out", type=Path, help="folder to write to (default: dashboards/generated)")
    commands.add_parser("check", help="check every query, and that the generated files are current")
    options = parser.parse_args(arguments)
    try:
        if options.command == "build":
            sys.stdout.writelines(f"{path}\n" for path in build.write(options.out))
            return 0
        stale = build.stale()
    except build.DashboardError as error:
        sys.stderr.writelines(f"{fault}\n" for fault in error.faults)
        return 1
    sys.stderr.writelines(f"{name} is not current: run `python -m dashboards build`\n" for name in stale)
    if stale:
        return 1
    panels = [panel for board in listing() for panel in load(board["uid"])["panels"] if panel.get("targets")]
    queries = sum(len(panel["targets"]) for panel in panels)
    sys.stdout.write(
        f"OK: {len(listing())} dashboards, {len(panels)} panels, {queries} queries; the files in dashboards/generated are current\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
