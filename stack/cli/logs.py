"""`logs`: what the parts wrote."""

import time
from contextlib import suppress
from typing import Annotated

import typer

from stack.cli import compose
from stack.cli.log_lines import Line, interleaved
from stack.cli.output import fail, out
from stack.native.layout import APP
from stack.native.logfile import Following, tail
from stack.native.state import running
from stack.paths import Home

POLL_SECONDS = 0.25
SERVICE = "api"
INSTALLING = "install"  # pip's words when the environment was made, long before what runs


def logs(
    part: Annotated[
        str | None,
        typer.Argument(help="Name of the part, as ./plainview status shows it; all when left out.", show_default=False),
    ] = None,
    *,
    follow_: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing what is added.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 100,
    raw: Annotated[bool, typer.Option("--raw", help="Print lines as they were written.")] = False,
) -> None:
    """Print the last lines that a part wrote, or those of all parts by time."""
    home = Home.default()
    state = running(home)
    if state is None and compose.running():
        raise typer.Exit(compose.logs(part, follow=follow_, lines=lines))
    if part == SERVICE and state is not None and state.app:  # as the runbooks name what answers requests
        part = APP
    every = {file.stem: file for file in sorted(home.logs.glob("*.log"))}
    files = {name: file for name, file in every.items() if name == part or (part is None and name != INSTALLING)}
    if not files:
        known = ", ".join(every) or "none yet"
        what = "log" if part is None else f"log of {part!r}"
        fail(f"there is no {what} in {home.logs}; there are: {known}", code=2)
    width = max(map(len, files))
    followed = {name: Following(path) for name, path in files.items()} if follow_ else {}
    last = interleaved({name: tail(path, lines) for name, path in files.items()})
    for line in last[-lines:] if lines else ():
        _print(line, width, raw=raw, named=part is None)
    with suppress(KeyboardInterrupt):
        while followed:
            for line in interleaved({name: log.added() for name, log in followed.items()}):
                _print(line, width, raw=raw, named=part is None)
            time.sleep(POLL_SECONDS)


def _print(line: Line, width: int, *, raw: bool, named: bool) -> None:
    if raw:
        text = f"{line.part:<{width}} | {line.raw}" if named else line.raw
    elif line.when is None and not named:
        text = line.raw
    else:
        text = line.readable(width)
    out.print(text, markup=False)
