"""The command line: one file per verb."""

__all__ = ["main"]


def main() -> None:
    """Run the command that the arguments name."""
    from stack.cli.application import application  # noqa: PLC0415 - importing the package must stay cheap

    application(prog_name="plainview")
