"""The end of a drill in a table: when each mark was reached, and how long each step took."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Final

from rich.console import Console
from rich.table import Table

from stack.drill.timeline import Mark, Timeline
from stack.drill.watch import RuleFacts

_WAY: Final = timedelta(seconds=10)


def show(name: str, timeline: Timeline, facts: RuleFacts, console: Console) -> None:
    """Print the table and the verdict of a drill in which everything arrived."""
    table = Table(title=f"drill {name}", title_justify="left")
    table.add_column("step")
    table.add_column("since the fault", justify="right")
    table.add_column("step took", justify="right")
    marks = sorted((mark for mark in Mark if mark in timeline), key=timeline.seconds)
    table.add_row(marks[0], "0.0 s", "")
    for before, mark in pairwise(marks):
        table.add_row(
            mark, f"{timeline.seconds(mark):.1f} s", f"{timeline.seconds(mark) - timeline.seconds(before):.1f} s"
        )
    console.print(table)
    console.print(_told(timeline, facts), highlight=False, soft_wrap=True)
    ended = max(timeline.seconds(mark) for mark in (Mark.MAIL_RESOLVED, Mark.WEBHOOK_RESOLVED))
    console.print(f"The end was told {ended - timeline.seconds(Mark.MENDED):.1f} s after mending.", highlight=False)
    console.print(f"[bold green]drill {name} passed[/]: the alert reached mail and webhook, fired and resolved.")


def arrival(timeline: Timeline) -> timedelta:
    """Return the time from the rule being true to the arrival at the slower receiver."""
    begun = Mark.PENDING if Mark.PENDING in timeline else Mark.FIRING
    arrived = max(timeline.seconds(mark) for mark in (Mark.MAIL, Mark.WEBHOOK))
    return timedelta(seconds=arrived - timeline.seconds(begun))


def promised(facts: RuleFacts) -> timedelta:
    """Return the longest that an alert may take: the rule's `for`, two evaluations and ten seconds."""
    return facts.hold + 2 * facts.interval + _WAY


def _told(timeline: Timeline, facts: RuleFacts) -> str:
    took, allowed = arrival(timeline).total_seconds(), promised(facts).total_seconds()
    kept = "kept" if took <= allowed else "[bold yellow]missed[/]"
    return (
        f"Both receivers were told {took:.1f} s after the rule became true; promised are {allowed:.0f} s "
        f"(`for` {facts.hold.total_seconds():.0f} s + two evaluations + 10 s): {kept}."
    )
