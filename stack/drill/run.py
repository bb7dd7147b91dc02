"""`plainview drill`: run drills one after the other and return an exit code."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import Final

from rich.console import Console
from rich.markup import escape

from stack.drill import verdict
from stack.drill.conduct import conduct
from stack.drill.cost import Cost
from stack.drill.error_rate import ErrorRate
from stack.drill.errors import DrillFailed
from stack.drill.scenario import Scenario
from stack.native.logfile import tail
from stack.native.programs import ProgramMissing
from stack.native.supervisor import PartFailed
from stack.paths import Home, HomeUnusable

#: Every drill by its name.
DRILLS: Final = MappingProxyType({scenario.name: scenario for scenario in (ErrorRate(), Cost())})

_LOG_LINES: Final = 15


def run(
    name: str | None = None, home: Home | None = None, console: Console | None = None, *, keep: bool = False
) -> int:
    """Run the drill `name`, or every one; print each time line and verdict.

    Args:
        name: a name of `DRILLS`; None runs all.
        home: the user's home folder, read for Prometheus and Alertmanager only.
        console: where to print.
        keep: leave the copy's folder for a look, and print its path.

    Returns:
        0 when every alert arrived and resolved, 1 when one did not, 2 for a name that is no drill.
    """
    console = console or Console()
    if name is not None and name not in DRILLS:
        console.print(f"There is no drill {escape(name)!r}. Allowed: {', '.join(DRILLS)}, or --all.", highlight=False)
        return 2
    chosen = list(DRILLS.values()) if name is None else [DRILLS[name]]
    codes = [_run(scenario, home or Home.default(), console, keep=keep) for scenario in chosen]
    return max(codes)


def _run(scenario: Scenario, home: Home, console: Console, *, keep: bool) -> int:
    console.rule(f"drill {scenario.name}", align="left")
    console.print(f"{scenario.story} Nothing of your running stack is touched.", highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="plainview-drill-"))
    try:
        timeline, facts = asyncio.run(conduct(scenario, folder, home, console))
        verdict.show(scenario.name, timeline, facts, console)
    except DrillFailed as error:
        _explain(scenario, error, folder, console)
    except (PartFailed, ProgramMissing, HomeUnusable) as error:
        console.print(f"[bold red]drill {scenario.name} could not run[/]: {escape(str(error))}", highlight=False)
    else:
        return 0
    finally:
        if keep:
            console.print(f"The copy's folder is kept: {folder}", highlight=False)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 1


def _explain(scenario: Scenario, error: DrillFailed, folder: Path, console: Console) -> None:
    for part in error.parts:
        path = Home(folder).logs / f"{part}.log"
        console.rule(f"last lines of {part}", align="left", style="dim")
        console.print("\n".join(tail(path, _LOG_LINES)), markup=False, highlight=False, soft_wrap=True)
    console.print(f"[bold red]drill {scenario.name} failed[/]: {escape(str(error))}", highlight=False)
