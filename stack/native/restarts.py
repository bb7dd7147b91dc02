"""When to start a part again after it ended, and when to call it a crash loop."""

from collections import deque

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
LOOP_EXITS = 4
LOOP_WINDOW_SECONDS = 60.0
STEADY_SECONDS = 60.0


class Restarts:
    """The history of one part's ends; lives as long as the supervisor."""

    def __init__(self, *, first_delay_seconds: float = FIRST_DELAY_SECONDS) -> None:
        self.count = 0
        self._first = first_delay_seconds
        self._in_a_row = 0
        self._ends: deque[float] = deque(maxlen=LOOP_EXITS)

    def ended(self, now: float, lived_seconds: float) -> float:
        """Record an end and return the seconds to wait: doubling, up to half a minute, from the start after a steady run."""
        self.count += 1
        self._in_a_row = 1 if lived_seconds >= STEADY_SECONDS else self._in_a_row + 1
        self._ends.append(now)
        return float(min(self._first * 2 ** (self._in_a_row - 1), LONGEST_DELAY_SECONDS))

    @property
    def looping(self) -> bool:
        """Whether the part ended so often within a minute that starting it again will not help."""
        return len(self._ends) == LOOP_EXITS and self._ends[-1] - self._ends[0] <= LOOP_WINDOW_SECONDS
