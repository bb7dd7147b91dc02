"""Show the stack starting and ending: a live table on a terminal, lines elsewhere."""

import time
from datetime import UTC, datetime

from rich.live import Live
from rich.table import Table
from rich.text import Text

from stack.cli.output import err, escape
from stack.cli.welcome import welcome
from stack.native.state import PartStatus, StackState
from stack.paths import Home

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAMES_PER_SECOND = 10
MARKS = {
    "waiting": ("·", "dim"),
    "ready": ("✓", "green"),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "crash-looping": ("✗", "red"),
    "stopped": ("-", "dim"),
}


class TerminalWatcher:
    """One line per part, redrawn as it changes; `background` says nothing that must not be in a log."""

    def __init__(self, home: Home, *, background: bool = False) -> None:
        self._home = home
        self._background = background
        self._live: Live | None = None
        self._state: StackState | None = None
        self._begun = time.monotonic()

    def starting(self, state: StackState) -> None:
        self._show(state)

    def ready(self, state: StackState) -> None:
        self._hide()
        if not self._background:
            welcome(self._home, state)
            err.print("[dim]Ctrl-C stops everything.[/]")

    def stopping(self, state: StackState) -> None:
        if state.phase != "failed":
            err.print(f"Stopping; Ctrl-C again does not wait for running {'requests' if state.app else 'jobs'}.")
            self._show(state)

    def stopped(self) -> None:
        self._hide()

    def say(self, message: str) -> None:
        if err.is_terminal:
            err.print(f"[yellow]![/] {escape(message)}")
        else:  # a log, which is read later
            err.print(f"ts={datetime.now(UTC).isoformat(timespec='milliseconds')} {escape(message)}")

    def _show(self, state: StackState) -> None:
        self._state, self._begun = state, time.monotonic()
        if err.is_terminal and self._live is None:  # two tables at once would leave the cursor hidden
            self._live = Live(
                get_renderable=self._table, console=err, refresh_per_second=FRAMES_PER_SECOND, transient=False
            )
            self._live.start()

    def _hide(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        elif self._state is not None:
            for part in self._state.parts:
                err.print(_line(part, 0))
        self._state = None

    def _table(self) -> Table:
        frame = int((time.monotonic() - self._begun) * FRAMES_PER_SECOND)
        table = Table.grid(padding=(0, 1))
        for part in self._state.parts if self._state else ():
            table.add_row(_line(part, frame))
        return table


def _line(part: PartStatus, frame: int) -> Text:
    mark, style = MARKS.get(part.state, (SPINNER[frame % len(SPINNER)], "cyan"))
    line = Text.assemble((f" {mark} ", style), f"{part.title:<26}", (f"{part.state:<14}", style))
    if part.state in {"ready", "done"} and part.ready_seconds is not None:
        line.append(f"{part.ready_seconds:.1f} s", "dim")
    elif part.state == "starting" and part.since is not None:
        line.append(f"{time.time() - part.since:.1f} s", "dim")
    elif part.detail:
        line.append(part.detail.splitlines()[0], "dim")
    line.truncate(max(err.width - 1, 40), overflow="ellipsis")
    return line
