"""`plainview drill`: run drills one after the other and return an exit code."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from stack.drill import verdict
from stack.drill.conduct import conduct
from stack.drill.cost import Cost
from stack.drill.error_rate import ErrorRate
from stack.drill.errors import DrillFailed
from stack.drill.menu import MENU
from stack.drill.scenario import Scenario
from stack.drill.timeline import Timeline
from stack.drill.watch import RuleFacts
from stack.native.logfile import tail
from stack.native.programs import ProgramMissing
from stack.native.supervisor import PartFailed
from stack.paths import Home, HomeUnusable

#: Every drill by its name.
DRILLS: Final = MappingProxyType({scenario.name: scenario for scenario in (ErrorRate(), Cost())})

_LOG_LINES: Final = 15
_INTERRUPTED: Final = 130


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
        0 when every alert arrived and resolved, 1 when one did not, 2 for a name that is no drill, 130 when stopped.
    """
    console = console or Console()
    if name is not None and name not in DRILLS:
        console.print(f"There is no drill {escape(name)!r}. Allowed: {', '.join(DRILLS)}, or --all.", highlight=False)
        return 2
    chosen = list(DRILLS.values()) if name is None else [DRILLS[name]]
    codes = []
    for scenario in chosen:
        codes.append(_run(scenario, home or Home.default(), console, keep=keep))
        if codes[-1] == _INTERRUPTED:
            break
    return max(codes)


def _run(scenario: Scenario, home: Home, console: Console, *, keep: bool) -> int:
    console.rule(f"drill {scenario.name}", align="left")
    expected = f" This takes {MENU[scenario.name].lasts}." if scenario.name in MENU else ""
    console.print(f"{scenario.story} Nothing of your running stack is touched.{expected}", highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="plainview-drill-"))
    try:
        timeline, facts = asyncio.run(_until_told_to_stop(conduct(scenario, folder, home, console)))
        verdict.show(scenario.name, timeline, facts, console)
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print(f"[bold]drill {scenario.name} was stopped[/]; its copy of the stack has ended.")
        return _INTERRUPTED
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


async def _until_told_to_stop(drill: Coroutine[Any, Any, tuple[Timeline, RuleFacts]]) -> tuple[Timeline, RuleFacts]:
    """Return what the drill returns; SIGTERM ends it as Ctrl-C does, with its copy put away."""
    task = asyncio.ensure_future(drill)
    with suppress(RuntimeError, ValueError):  # only the main thread may handle signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _explain(scenario: Scenario, error: DrillFailed, folder: Path, console: Console) -> None:
    for part in error.parts:
        path = Home(folder).logs / f"{part}.log"
        console.rule(f"last lines of {part}", align="left", style="dim")
        console.print("\n".join(tail(path, _LOG_LINES)), markup=False, highlight=False, soft_wrap=True)
    console.print(f"[bold red]drill {scenario.name} failed[/]: {escape(str(error))}", highlight=False)
