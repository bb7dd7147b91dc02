"""`drill`: prove that an alert arrives."""

from typing import Annotated

import typer

from stack.cli.output import fail


def drill(
    name: Annotated[str | None, typer.Argument(help="Which drill; --all runs every one.", show_default=False)] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Run every drill.")] = False,
) -> None:
    """Cause a fault, wait until its alert arrives and resolves, and print the time line."""
    from stack.drill.run import run  # noqa: PLC0415

    if (name is None) == (not every):
        fail("name one drill, or give --all", code=2)
    raise typer.Exit(run(name))
