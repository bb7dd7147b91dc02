"""Renders every board, checks it, and writes or compares the generated files."""

from __future__ import annotations

from pathlib import Path

from dashboards import check, cost, directory, gpu, jobs, overview, queue, render, service, telemetry
from dashboards.model import Board


class DashboardError(ValueError):
    """Boards with faults; `faults` has one line for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def boards() -> tuple[Board, ...]:
    """Return all boards."""
    return (
        overview.board(),
        service.board(),
        jobs.board(),
        queue.board(),
        cost.board(),
        gpu.board(),
        telemetry.board(),
    )


def files() -> dict[str, str]:
    """Return file name to text of every dashboard.

    Raises:
        DashboardError: a panel lacks something or asks for what is not in the catalog.
    """
    rendered = {board.name: render.render(board) for board in boards()}
    faults = [fault for dashboard in rendered.values() for fault in check.problems(dashboard)]
    if faults:
        raise DashboardError(faults)
    return {f"{name}.json": render.serialise(dashboard) for name, dashboard in rendered.items()}


def write(out: Path | None = None) -> list[Path]:
    """Write the dashboards below `out` (default: the package's own folder) and return the paths."""
    folder = out or directory()
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in files().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def stale() -> list[str]:
    """Return the names of generated files that differ from what the code makes, or have no code."""
    wanted = files()
    present = {path.name: path.read_text(encoding="utf-8") for path in directory().glob("*.json")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
