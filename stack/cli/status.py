"""`status`: one line per part."""

import asyncio
import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer

from stack.cli import compose
from stack.cli.output import NOTHING_RUNS, columns, duration, err, escape, out, size
from stack.native.processes import resident_bytes
from stack.native.readiness import not_ready
from stack.native.state import PartStatus, StackState, ended_unexpectedly, leftovers, running
from stack.paths import Home

GOOD, BAD = "green", "red"
STYLES = {"ready": GOOD, "done": "dim", "failed": BAD, "crash-looping": BAD, "not answering": BAD}
UNHEALTHY = 1
FIGURES = frozenset({2, 3, 4, 6})  # pid, up, memory, restarts


def status(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show one line per part: state, process, uptime, memory, address, restarts.

    Exits with 0 when all is well, 1 when a part is not, 3 when nothing runs.
    """
    home = Home.default()
    state = running(home)
    if state is None and compose.running():
        raise typer.Exit(compose.status())
    if state is None:
        _nothing_runs(home)
    parts = [part for part in state.parts if not part.once]
    answers = asyncio.run(_answers(parts))
    if as_json:
        rows = [asdict(part) | {"state": answers[part.name], "memory_bytes": _memory(part)} for part in parts]
        out.print_json(json.dumps({"phase": state.phase, "demo": state.demo, "parts": rows}))
    else:
        columns(_rows(state, parts, answers), right=FIGURES)
    if any(answer != "ready" for answer in answers.values()):
        raise typer.Exit(UNHEALTHY)


def _nothing_runs(home: Home) -> NoReturn:
    err.print("Nothing is running.")
    if seen := ended_unexpectedly(home):
        when = f"{datetime.fromtimestamp(seen, UTC).astimezone():%Y-%m-%d %H:%M:%S}"
        err.print(
            f"[yellow]The last run ended unexpectedly, at about {when}:[/] its supervisor was killed, or the machine "
            "went down. ./plainview up starts it again; what was under way is taken up."
        )
    if leftovers(home):
        err.print("./plainview down ends what an earlier start left.")
    raise typer.Exit(NOTHING_RUNS)


async def _answers(parts: list[PartStatus]) -> dict[str, str]:
    """Return each part's state; one that should be ready is asked whether it still is."""

    async def ask(part: PartStatus) -> str:
        if part.state != "ready" or not part.ready:
            return part.state
        reasons = await asyncio.gather(*(not_ready(url) for url in part.ready))
        return "not answering" if any(reasons) else "ready"

    return dict(zip((part.name for part in parts), await asyncio.gather(*map(ask, parts)), strict=True))


def _rows(state: StackState, parts: list[PartStatus], answers: dict[str, str]) -> list[list[str]]:
    rows = [["part", "state", "pid", "up", "memory", "address", "restarts", ""]]
    total = resident_bytes(state.supervisor.pid or 0) or 0
    rows.append(["supervisor", state.phase, str(state.supervisor.pid), "", size(total), "", "", ""])
    for part in parts:
        answer, memory = answers[part.name], _memory(part)
        total += memory or 0
        rows.append(
            [
                part.name,
                f"[{STYLES.get(answer, 'yellow')}]{answer}[/]",
                str(part.pid or "-"),
                duration(time.time() - part.since) if part.since and part.pid else "-",
                "-" if memory is None else size(memory),
                part.address or "-",
                str(part.restarts),
                escape(part.detail or _renewals(part)),
            ]
        )
    simulated = "[yellow]simulated GPU and traffic[/]" if state.demo else ""
    return [*rows, ["all", "", "", "", size(total), simulated, "", ""]]


def _renewals(part: PartStatus) -> str:
    counts = ", ".join(f"{reason} {count}" for reason, count in part.renewed.items())
    return f"started anew: {counts}" if counts else ""


def _memory(part: PartStatus) -> int | None:
    return resident_bytes(part.pid) if part.alive and part.pid is not None else None
