"""Divides a device among the pieces of work that run on it: each moment equally, so that the parts are the whole."""

from collections.abc import Callable

from telemetry.work._energy import Energy, PowerSample


class Share:
    """What one piece of work got so far. `joules` is None once some of it is not known."""

    __slots__ = ("_marks", "inner", "is_open", "joules", "outer", "seconds")

    def __init__(self, outer: "Share | None") -> None:
        self.is_open: bool = True
        self.seconds = 0.0
        self.joules: float | None = 0.0
        self.outer = outer if outer is not None and outer.is_open else None
        self.inner = 0
        self._marks: tuple[float, float, int] | None = None

    def begin(self, marks: tuple[float, float, int]) -> None:
        """Run from these totals on."""
        self._marks = marks

    def end(self, marks: tuple[float, float, int]) -> bool:
        """Stop running at these totals; False when it was not running."""
        if self._marks is None:
            return False
        (seconds, joules, gaps), self._marks = self._marks, None
        self.seconds += marks[0] - seconds
        if gaps != marks[2]:
            self.joules = None
        elif self.joules is not None:
            self.joules += marks[1] - joules
        return True


class Shares:
    """The shares of one device. Not thread-safe: whoever has it holds a lock.

    It keeps the seconds and joules that one of those who run has got since the device was last idle; what a share got
    is the difference between two looks, whoever came and went in between.

    Args:
        now: monotonic time.
        busy: is told the seconds in which anything ran, each once.
    """

    def __init__(self, now: float, busy: Callable[[float], None]) -> None:
        self._energy = Energy(now)
        self._busy = busy
        self._at = now
        self._running = 0
        self._seconds_each = 0.0
        self._joules_each = 0.0
        self._gaps = 0

    @property
    def running(self) -> int:
        return self._running

    @property
    def energy_source(self) -> str | None:
        """What the energy is known by, None where it is not."""
        return self._energy.source

    def enter(self, share: Share, now: float) -> None:
        """Let a share run; the one around it waits."""
        self._advance(now)
        if (outer := share.outer) is not None:
            outer.inner += 1
            self._running -= outer.end(self._marks)
        if self._running == 0:
            self._seconds_each = self._joules_each = 0.0
        self._run(share)

    def leave(self, share: Share, now: float) -> None:
        """End a share; the one around it goes on."""
        self._advance(now)
        share.is_open = False
        self._running -= share.end(self._marks)
        if (outer := share.outer) is not None:
            outer.inner -= 1
            if outer.is_open and outer.inner == 0:
                self._run(outer)

    def take(self, sample: PowerSample | None, now: float) -> None:
        """Take a reading of the card, None when it does not answer."""
        self._advance(now)
        missing = self._energy.take(sample)
        if self._running:
            self._joules_each += missing / self._running

    @property
    def _marks(self) -> tuple[float, float, int]:
        return self._seconds_each, self._joules_each, self._gaps

    def _run(self, share: Share) -> None:
        share.begin(self._marks)
        self._running += 1

    def _advance(self, now: float) -> None:
        passed, self._at = max(0.0, now - self._at), max(now, self._at)
        used = self._energy.until(now)
        if self._running and passed:
            self._seconds_each += passed / self._running
            self._busy(passed)
            if used is None:
                self._gaps += 1
            else:
                self._joules_each += used / self._running
