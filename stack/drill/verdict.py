"""The end of a drill in three lines: that it passed, and the two times that matter. The time line has said the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from rich.console import Console

from stack.drill.timeline import Mark, Timeline
from stack.drill.watch import RuleFacts

_WAY: Final = timedelta(seconds=10)


def show(name: str, timeline: Timeline, facts: RuleFacts, console: Console) -> None:
    """Print the verdict of a drill in which everything arrived."""
    took, allowed = arrival(timeline).total_seconds(), promised(facts).total_seconds()
    kept = "" if took <= allowed else ", [bold yellow]missed[/]"
    ended = max(timeline.seconds(mark) for mark in (Mark.MAIL_RESOLVED, Mark.WEBHOOK_RESOLVED))
    for line in (
        f"[bold green]drill {name} passed[/] in {timeline.seconds():.0f} s: mail and webhook heard of the alert and of its end.",
        f"  told      {took:5.1f} s after the rule became true (promised: {allowed:.0f} s{kept})",
        f"  resolved  {ended - timeline.seconds(Mark.MENDED):5.1f} s after the fault was mended",
    ):
        console.print(line, highlight=False, soft_wrap=True)


def arrival(timeline: Timeline) -> timedelta:
    """Return the time from the rule being true to the arrival at the slower receiver."""
    begun = Mark.PENDING if Mark.PENDING in timeline else Mark.FIRING
    arrived = max(timeline.seconds(mark) for mark in (Mark.MAIL, Mark.WEBHOOK))
    return timedelta(seconds=arrived - timeline.seconds(begun))


def promised(facts: RuleFacts) -> timedelta:
    """Return the longest that an alert may take: the rule's `for`, two evaluations and ten seconds."""
    return facts.hold + 2 * facts.interval + _WAY
