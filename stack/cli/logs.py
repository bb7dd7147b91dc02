"""`logs`: what a part wrote."""

from typing import Annotated

import typer

from stack.cli import compose
from stack.cli.output import fail, out
from stack.native.logfile import follow, tail
from stack.native.state import running
from stack.paths import Home


def logs(
    part: Annotated[str, typer.Argument(help="Name of the part, as ./plainview status shows it.", show_default=False)],
    *,
    follow_: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing what is added.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 100,
) -> None:
    """Print the last lines that a part wrote."""
    home = Home.default()
    if running(home) is None and compose.running():
        raise typer.Exit(compose.logs(part, follow=follow_, lines=lines))
    path = home.logs / f"{part}.log"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in home.logs.glob("*.log"))) or "none yet"
        fail(f"there is no log of {part!r} in {home.logs}; there are: {known}", code=2)
    for line in tail(path, lines):
        out.print(line, markup=False)
    if follow_:
        try:
            for text in follow(path):
                out.print(text, markup=False, end="")
        except KeyboardInterrupt:
            return
