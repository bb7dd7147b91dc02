"""Waiting for the next mark, with progress, and with a verdict when it does not come."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rich.console import Console

from stack.drill.errors import DrillFailed
from stack.drill.timeline import Mark, Timeline

_TICK: Final = 1.0
_LINE_EVERY: Final = 15.0


@dataclass(frozen=True)
class Limit:
    """A mark, the time it may take, and the parts whose logs say why it took longer."""

    mark: Mark
    within: timedelta
    parts: tuple[str, ...]


async def wait_for(limit: Limit, timeline: Timeline, console: Console) -> None:
    """Return once the mark is reached.

    Raises:
        DrillFailed: it was not reached in its time.
    """
    reached = asyncio.ensure_future(timeline.reached(limit.mark))
    began = spoke = time.monotonic()
    within = limit.within.total_seconds()
    try:
        with console.status("") as status:
            while not (await asyncio.wait({reached}, timeout=_TICK))[0]:
                waited = time.monotonic() - began
                if waited > within:
                    raise DrillFailed(f"not within {within:.0f} s: {limit.mark}", limit.parts)
                text, limits = f"waiting for: {limit.mark}", f"{waited:.0f} s, at most {within:.0f} s"
                status.update(f"{text} ({limits})")
                if not console.is_terminal and time.monotonic() - spoke >= _LINE_EVERY:
                    spoke = time.monotonic()
                    timeline.say(f"... {text}", limits)
    finally:
        reached.cancel()
