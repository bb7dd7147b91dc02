"""`jobs`: look at jobs."""

import json
from typing import Annotated, Any

import typer

from stack.cli import compose, service
from stack.cli.output import columns, escape, out

jobs = typer.Typer(help="Look at jobs.", no_args_is_help=True, callback=compose.instead)
COLUMNS = ("job_id", "status", "stage", "progress", "created_at", "gpu_seconds", "cost_usd", "device")
STYLES = {"succeeded": "green", "failed": "red", "running": "cyan", "cancelled": "yellow"}


@jobs.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the newest jobs."""
    answer = service.get("/jobs", limit=limit)
    if as_json:
        out.print_json(json.dumps(answer))
        return
    header = [column.replace("_", " ") for column in COLUMNS]
    columns([header, *([_cell(column, job.get(column)) for column in COLUMNS] for job in answer["jobs"])])


@jobs.command()
def show(job: Annotated[str, typer.Argument(help="Id of the job.")]) -> None:
    """Show all that is known of one job."""
    out.print_json(json.dumps(service.get(f"/status/{job}")))


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "-"
    if column == "status":
        return f"[{STYLES.get(value, 'default')}]{escape(str(value))}[/]"
    if column == "progress":
        return f"{value:.0%}"
    return escape(str(value))
