"""The life of a model's memory on one device: baseline, what is left after each piece of work, the leak."""

import time
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Final

from telemetry.work._slope import Point, is_rising, slope

# The first pieces load libraries and fill caches.
_WARM_UP: Final = 2
_LAST: Final = 64
_LEVEL: Final = 5
# Under many short pieces a second, so few of them are looked at that the last ones span some seconds.
_SECONDS_APART: Final = 0.1
# The slope of 64 points takes about a millisecond.
_SECONDS_BETWEEN_SLOPES: Final = 1.0


class Life:
    """What memory was after the last pieces of work with one model, by one source. Not thread-safe, cheap to add to.

    Attributes:
        model: the model.
        source: see `Memory.source`.
        of_this_process: whether the source tells of this process alone, so that a leak is its own.
        baseline: bytes before the first piece, None where unknown.
        after: bytes after the last piece that was measured.
    """

    def __init__(
        self,
        model: str,
        source: str,
        baseline: int | None,
        *,
        of_this_process: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = model
        self.source = source
        self.of_this_process = of_this_process
        self.baseline = baseline
        self.after: int | None = None
        self._clock = clock
        self._ended = 0
        self._points: deque[Point] = deque(maxlen=_LAST)
        self._first: list[int] = []
        self._looked_at = float("-inf")
        self._slope: tuple[float, int, float | None] = float("-inf"), 0, None

    def ended(self, after: int | None) -> None:
        """Count a piece of work; `after` is None where memory cannot be told, as something else still runs."""
        self._ended += 1
        if after is not None:
            self.measured(after)

    def measured(self, after: int) -> None:
        """Take what memory is now, after the pieces counted so far."""
        self.after = after
        now = self._clock()
        if self._ended <= _WARM_UP or (self._moved_on and now - self._looked_at < _SECONDS_APART):
            return
        self._looked_at = now
        self._points.append((self._ended, after))
        if len(self._first) < _LEVEL:
            self._first.append(after)

    @property
    def leak(self) -> float | None:
        """Bytes by which memory grows with each piece of work; None until enough have run. At most a second old."""
        at, ended, value = self._slope
        if ended != self._ended and self._clock() - at >= _SECONDS_BETWEEN_SLOPES:
            return self.leak_now()
        return value

    def leak_now(self) -> float | None:
        """Return the leak with the last piece of work taken into account."""
        value = slope(tuple(self._points))
        self._slope = self._clock(), self._ended, value
        return value

    @property
    def growth(self) -> int | None:
        """Bytes above the level of the first pieces after the warm-up; None before there are two levels to compare."""
        if len(self._points) < 2 * _LEVEL and not self._moved_on:
            return None
        return round(median(bytes_ for _, bytes_ in list(self._points)[-_LEVEL:]) - median(self._first))

    def leaks_more_than(self, bound: int) -> bool:
        """Say whether memory keeps rising and has risen by more than `bound` bytes since the warm-up."""
        growth = self.growth
        return growth is not None and growth > bound and is_rising(tuple(self._points))

    @property
    def _moved_on(self) -> bool:
        return len(self._points) == self._points.maxlen
