"""Counts in the memory of one process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from app.limits.standing import Policy, Standing
from app.limits.window import Window, stands

#: Counts that are kept; each is some 300 bytes. A flood from more callers than this makes the oldest go early.
MOST: Final = 100_000

#: Limit, seconds and caller, and no amount: a limit that is changed forgets nothing.
Name = tuple[str, int, str]


class _Count:
    __slots__ = ("before", "current", "index")

    def __init__(self) -> None:
        self.index = self.before = self.current = 0

    def move_to(self, index: int) -> None:
        if index != self.index:
            self.before = self.current if index == self.index + 1 else 0
            self.index, self.current = index, 0


class Memory:
    """Counts of this process; lives as long as the app. The library's own walks through all it has on every hit."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counts: OrderedDict[Name, _Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def decide(self, policies: Sequence[Policy], caller: str, *, takes: bool) -> Standing:
        """Count, if it `takes`, a request of `caller` under all policies, unless one refuses it; tell how it stands."""
        now = self._clock()
        counts = [self._count((policy.name, policy.window_seconds, caller)) for policy in policies]
        windows = []
        for policy, count in zip(policies, counts, strict=True):
            index, elapsed = divmod(now, policy.window_seconds)
            count.move_to(int(index))
            windows.append(Window(count.before, count.current, elapsed))
        standing = stands(policies, windows, takes=takes)
        if takes and standing.refused_by is None:
            for count in counts:
                count.current += 1
        return standing

    def _count(self, name: Name) -> _Count:
        count = self._counts.get(name)
        if count is None:
            count = self._counts[name] = _Count()
            if len(self._counts) > MOST:
                self._counts.popitem(last=False)
        else:
            self._counts.move_to_end(name)
        return count
