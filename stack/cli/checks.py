"""`test`: every check and test, one after the other."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from stack.cli.output import duration, err, escape, fail
from stack.native import programs
from stack.paths import PROJECT, Home

SETTINGS = ("PLAINVIEW_", "OTEL_")  # what the user has set for the service must not reach the tests
KEPT = ("PLAINVIEW_HOME", "PLAINVIEW_TEST_")
QUICK = "not slow and not docker and not gpu"
#: Pages that code writes of itself, and what writes them.
PAGES = {"errors": "app.errors.reference", "metrics": "telemetry.reference", "settings": "stack.settings_reference"}
STEPS = ("ruff", "format", "mypy", "dashboards", "alerts", *PAGES, "licences", "promtool", "pytest")
PARALLEL = ("--dist", "loadgroup")  # what shares a running stack is one group
QUICK_PROCESSES = "3"  # of which one mostly waits
ALL_PROCESSES = "2"  # what is slow starts processes of its own
COVERAGE = ("--cov", "--cov-report=xml:.plainview/coverage.xml")  # of the tests' own processes alone


@dataclass(frozen=True)
class Step:
    """One check: what it is called and the command that exits with 0 when all is well."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    step: Step
    code: int
    seconds: float


def run_checks(
    context: typer.Context,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Also what is slow or needs Docker or a GPU. CI=true does the same.")
    ] = False,
    only: Annotated[str | None, typer.Option("--only", help="Run only this step, such as pytest.")] = None,
) -> None:
    """Run all checks and tests. What stands after -- goes to pytest."""
    every = every or os.environ.get("CI", "").lower() in {"1", "true"}
    if only not in (None, *STEPS):
        fail(f"there is no step {only!r}; there are: {', '.join(STEPS)}", code=2)
    steps = [step for step in _steps(context.args, every=every) if only in (None, step.name)]
    if not steps:
        fail(f"the step {only} cannot be run here", code=2)
    *checks, last = steps
    outcomes = [_run(step) for step in checks]
    if every and outcomes:  # what reads the output of CI wants pytest's own line last
        _conclude(outcomes, f"before {last.name}")
    outcomes.append(_run(last))
    if not every:
        _conclude(outcomes)
    raise typer.Exit(next((outcome.code for outcome in outcomes if outcome.code), 0))


def _steps(extra: list[str], *, every: bool) -> Iterator[Step]:
    python = sys.executable
    yield Step("ruff", (python, "-m", "ruff", "check"))
    yield Step("format", (python, "-m", "ruff", "format", "--check"))
    yield Step("mypy", (python, "-m", "mypy"))
    yield Step("dashboards", (python, "-m", "dashboards", "check"))
    yield Step("alerts", (python, "-m", "alerts", "check"))
    for name, module in PAGES.items():
        yield Step(name, (python, "-m", module, "--check"))
    yield Step("licences", (python, "-m", "stack.sbom", "--check"))
    promtool = _promtool()
    if promtool or every:  # where all is wanted, a missing program is a failed check
        rules = sorted(map(str, (PROJECT / "alerts/generated").glob("*.yml")))
        yield Step("promtool", (promtool or "promtool", "check", "rules", *rules))
    choice = ("-n", ALL_PROCESSES) if every else ("-m", QUICK, "-n", QUICK_PROCESSES)
    coverage = COVERAGE if every and not extra else ()
    yield Step("pytest", (python, "-m", "pytest", *choice, *coverage, *PARALLEL, *extra))


def _promtool() -> str | None:
    try:
        return str(
            programs.find("promtool", Home.default().root, say=lambda message: err.print(f"[dim]{message} ...[/]"))
        )
    except programs.ProgramMissing as error:
        err.print(f"[yellow]skipped: promtool[/] {escape(str(error))}")
        return None


def _run(step: Step) -> Outcome:
    err.print(f"[bold]== {step.name}[/]")
    begun = time.monotonic()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(SETTINGS) or name.startswith(KEPT)
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
    try:
        code = subprocess.run(step.command, cwd=PROJECT, env=environment, check=False).returncode  # noqa: S603
    except OSError as error:
        err.print(escape(f"{step.command[0]} could not be started: {error}"))
        code = 127
    return Outcome(step, code, time.monotonic() - begun)


def _conclude(outcomes: list[Outcome], when: str = "") -> None:
    """Print a table of the steps, and one line that says how it went."""
    table = Table.grid(padding=(0, 2))
    for outcome in outcomes:
        mark = f"[red]failed ({outcome.code})[/]" if outcome.code else "[green]passed[/]"
        table.add_row(outcome.step.name, mark, duration(outcome.seconds))
    err.print(table)
    failed = [outcome.step.name for outcome in outcomes if outcome.code]
    took = f"{len(outcomes)} step{'' if len(outcomes) == 1 else 's'}, {duration(sum(outcome.seconds for outcome in outcomes))}"
    verdict = f"[bold red]FAILED: {', '.join(failed)}[/]" if failed else "[bold green]PASSED[/]"
    err.print(" ".join(filter(None, (verdict, when, f"[dim]({took})[/]"))))
