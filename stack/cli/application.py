"""All verbs in one place."""

from typing import Annotated

import typer

from stack.cli.budgets import budgets
from stack.cli.build import alerts, dashboards
from stack.cli.checks import run_checks
from stack.cli.doctor import doctor
from stack.cli.down import down
from stack.cli.drill import drill
from stack.cli.gpu import gpu
from stack.cli.jobs import jobs
from stack.cli.keys import keys
from stack.cli.logs import logs
from stack.cli.output import out
from stack.cli.report import report
from stack.cli.sign_in import sign_in
from stack.cli.status import status
from stack.cli.up import up
from stack.cli.usage import usage

application = typer.Typer(
    name="plainview",
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they may hold secrets
    context_settings={"help_option_names": ["-h", "--help"]},
)


@application.callback(invoke_without_command=True)
def plainview(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Puts a GPU service in plain view: is it up, is it fast, what does it cost, who spends it, why was this slow."""
    if version:
        from stack.console.version import VERSION  # noqa: PLC0415 - only this option needs it

        out.print(f"plainview {VERSION}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        out.print(context.get_help(), markup=False)


for verb in (up, down, status, doctor, logs, usage, report, sign_in, drill):
    application.command(verb.__name__.replace("_", "-"))(verb)
application.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run_checks)
application.add_typer(keys, name="keys")
application.add_typer(budgets, name="budgets")
application.add_typer(jobs, name="jobs")
application.add_typer(gpu, name="gpu")
application.add_typer(dashboards, name="dashboards")
application.add_typer(alerts, name="alerts")
