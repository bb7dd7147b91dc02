"""`jobs`: look at jobs."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from stack.cli import compose, service
from stack.cli.output import columns, escape, money, out

jobs = typer.Typer(help="Look at jobs.", no_args_is_help=True, callback=compose.instead)
COLUMNS = {
    "job_id": "job",
    "status": "status",
    "stage": "stage",
    "progress": "progress",
    "created_at": "created",
    "gpu_seconds": "device time",
    "cost_usd": "cost",
    "device": "device",
}
STYLES = {"succeeded": "green", "failed": "red", "running": "cyan", "cancelled": "yellow"}
WRITTEN: dict[str, Callable[[Any], str]] = {
    "status": lambda status: f"[{STYLES.get(status, 'default')}]{escape(str(status))}[/]",
    "progress": lambda share: f"{share:.0%}",
    "created_at": lambda moment: f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}",
    "gpu_seconds": lambda seconds: f"{seconds:.1f} s",
    "cost_usd": money,
}


@jobs.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the newest jobs."""
    answer = service.get("/jobs", limit=limit)
    if as_json:
        out.print_json(json.dumps(answer))
        return
    header = list(COLUMNS.values())
    columns([header, *([_cell(column, job.get(column)) for column in COLUMNS] for job in answer["jobs"])])


@jobs.command()
def show(job: Annotated[str, typer.Argument(help="Id of the job.")]) -> None:
    """Show all that is known of one job."""
    out.print_json(json.dumps(service.get(f"/status/{job}")))


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "-"
    return WRITTEN.get(column, lambda shown: escape(str(shown)))(value)
