"""`report`: a day of the service from its logs."""

import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from stack import report as reports
from stack.cli.output import fail
from stack.paths import Home


def report(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="Log files, gzip too, or - for standard input; those of this home and what was rotated out of them when left out.",
            show_default=False,
        ),
    ] = None,
    *,
    day: Annotated[str, typer.Option(help="A day as 2026-11-22, today, yesterday, or all.", metavar="DAY")] = "today",
    timezone: Annotated[
        str, typer.Option(envvar="PLAINVIEW_TIMEZONE", help="Where days begin.", metavar="ZONE")
    ] = "UTC",
    rows: Annotated[int, typer.Option(min=1, max=10_000, help="Rows of each table at most.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Report a day from the logs: requests, errors by pattern, customers, cost, slowest routes."""
    zone = _zone(timezone)
    found = reports.Day(reports.Window(_day(day, zone), zone))
    try:
        for line in reports.lines(files or _own()):
            found.add(line)
    except reports.SourceUnreadable as error:
        fail(error)
    if as_json:
        json.dump(reports.as_json(found, rows), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        reports.write(found, rows)


def _own() -> list[Path]:
    home = Home.default()
    own = [file for part in ("api", "app", "worker") for file in reports.rotated(home.logs / f"{part}.log")]
    if not own:
        fail(f"there are no logs in {home.logs}; name files, or - for standard input", code=2)
    return own


def _day(text: str, zone: ZoneInfo) -> date | None:
    today = datetime.now(zone).date()
    named = {"today": today, "yesterday": today - timedelta(days=1), "all": None}
    if text in named:
        return named[text]
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"--day {text!r} is no day: write it as 2026-11-22, or today, yesterday or all", code=2)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        fail(f"--timezone {name!r} is not known here: use a name such as UTC or Europe/Amsterdam", code=2)
