"""`drill`: prove that an alert arrives."""

from typing import Annotated

import typer

from stack.cli.output import fail
from stack.drill import menu


def drill(
    name: Annotated[
        str | None,
        typer.Argument(help="\n\n".join(("Which drill.", *menu.lines())), show_default=False),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Run every drill.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the folder of the copy that is drilled.")] = False,
) -> None:
    """Cause a fault in a copy of the stack, wait until its alert arrives and resolves, and print the time line."""
    if (name is None) == (not every):
        fail(f"name one drill ({', '.join(menu.MENU)}), or give --all", code=2)
    from stack.drill.run import run  # noqa: PLC0415 - other commands need not wait for it

    raise typer.Exit(run(name, keep=keep))
