"""The time line of a drill: what happened when, printed as it happens and awaited by who needs it."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from typing import Final

from rich.console import Console
from rich.markup import escape


class Mark(StrEnum):
    """A point that every drill passes; the value is what is printed."""

    FAULT = "the fault begins"
    PENDING = "Prometheus: the rule is true, the alert is pending"
    FIRING = "Prometheus: the alert fires"
    ALERTMANAGER = "Alertmanager: the alert has arrived"
    NOTIFIER = "notifier: stored in the outbox"
    MAIL = "mail server: the mail has arrived"
    WEBHOOK = "webhook: the call has arrived"
    MENDED = "the fault is mended"
    INACTIVE = "Prometheus: the rule is no longer true"
    NOTIFIER_RESOLVED = "notifier: the end is stored in the outbox"
    MAIL_RESOLVED = "mail server: the mail about the end has arrived"
    WEBHOOK_RESOLVED = "webhook: the call about the end has arrived"


_COLOURS: Final = {
    Mark.FAULT: "bold red",
    Mark.MENDED: "bold green",
    Mark.MAIL: "bold yellow",
    Mark.WEBHOOK: "bold yellow",
    Mark.MAIL_RESOLVED: "bold green",
    Mark.WEBHOOK_RESOLVED: "bold green",
}


_NO_TIME: Final = " " * len("t+   0.0 s")


class Timeline:
    """Keeps the first time of each mark; seconds count from the fault. Lives as long as its drill."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._times: dict[Mark, float] = {}
        self._events = {mark: asyncio.Event() for mark in Mark}

    def __contains__(self, mark: Mark) -> bool:
        return mark in self._times

    def reach(self, mark: Mark, detail: str = "", *, at: float | None = None) -> None:
        """Record `mark`, the first time only: at the Unix time `at`, or now."""
        if mark in self._times:
            return
        self._times[mark] = time.monotonic() - (0 if at is None else max(0.0, time.time() - at))
        self._print(mark, detail, style=_COLOURS.get(mark, ""), seconds=self.seconds(mark))
        self._events[mark].set()

    def say(self, text: str, detail: str = "") -> None:
        """Print a line of the time line that is no mark."""
        self._print(text, detail, style="dim", seconds=self.seconds() if Mark.FAULT in self else None)

    def _print(self, text: str, detail: str, *, style: str, seconds: float | None) -> None:
        clock = _NO_TIME if seconds is None else f"t+{seconds:6.1f} s"
        shown = f"[{style}]{escape(text)}[/]" if style else escape(text)
        fits = len(clock) + len(text) + len(detail) + 4 <= self._console.width
        gap = "  " if fits else f"\n{_NO_TIME}    "
        told = f"{gap}[dim]{escape(detail)}[/]" if detail else ""
        self._console.print(f"{clock}  {shown}{told}", highlight=False, soft_wrap=True)

    def seconds(self, mark: Mark | None = None) -> float:
        """Return the seconds from the fault to `mark`, or to now."""
        return (time.monotonic() if mark is None else self._times[mark]) - self._times[Mark.FAULT]

    async def reached(self, mark: Mark) -> None:
        """Return once `mark` was recorded."""
        await self._events[mark].wait()
