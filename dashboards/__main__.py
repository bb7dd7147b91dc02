"""`python -m dashboards build [--out DIR]` writes the dashboards, `check` says whether they are current.

`check --catalog MODULE BOARD...` checks the queries of boards of your own, as Grafana exports them, against the catalog
and the `Metric` entries of that module.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboards import build, listing, load, own


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 1 with the reasons on standard error."""
    parser = argparse.ArgumentParser(prog="python -m dashboards")
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("build", help="write the dashboards as JSON")
    writing.add_argument("--out", type=Path, help="folder to write to (default: dashboards/generated)")
    checking = commands.add_parser("check", help="check every query, and that the generated files are current")
    checking.add_argument("--catalog", metavar="MODULE", action="append", default=[], help="has metrics of your own")
    checking.add_argument("board", nargs="*", type=Path, help="JSON of a board of your own, to be checked instead")
    options = parser.parse_args(arguments)
    if options.command == "check" and options.board:
        return _check_boards(options.board, options.catalog)
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


def _check_boards(boards: Sequence[Path], modules: Sequence[str]) -> int:
    try:
        faults = [fault for board in boards for fault in own.faults(board, modules)]
    except own.Unusable as error:
        faults = [str(error)]
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    if not faults:
        sys.stdout.write(f"OK: {len(boards)} {'board' if len(boards) == 1 else 'boards'}\n")
    return min(len(faults), 1)


if __name__ == "__main__":
    sys.exit(main())
