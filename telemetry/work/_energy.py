"""How much energy a card has used up to any moment, from readings that are a second apart."""

from dataclasses import dataclass
from typing import Final

# No card draws more; a larger step of the counter is not energy (a meter that was swapped, a counter that jumped).
_MOST_WATTS: Final = 3000.0
# The counter itself moves in steps of about 0.1 s.
_STEP_JOULES: Final = 300.0


@dataclass(frozen=True, slots=True)
class PowerSample:
    """One reading: monotonic time, power now and the energy counter; None is what the card does not tell.

    After `good_for` seconds without another one nobody knows what the card draws.
    """

    at: float
    watts: float | None
    joules: float | None
    good_for: float = 5.0

    @property
    def source(self) -> str | None:
        """What the energy is known by."""
        if self.joules is not None:
            return "counter"
        return None if self.watts is None else "power"


class Energy:
    """Books energy up to now: by the power of the last reading, made good with each new one.

    What is booked over an hour is what the counter says. A piece of work gets the part of its last second, for which
    there is no reading yet, by the power of the last one.

    Args:
        now: monotonic time of the start.
    """

    def __init__(self, now: float) -> None:
        self.source: str | None = None
        self._booked_to = now
        self._since_sample = 0.0
        self._sample: PowerSample | None = None
        self._watts: float | None = None

    def until(self, now: float) -> float | None:
        """Return the joules since the last call, None where they are not known."""
        passed, self._booked_to = max(0.0, now - self._booked_to), max(now, self._booked_to)
        if self._sample is None or self._watts is None or now - self._sample.at > self._sample.good_for:
            return None
        self._since_sample += (used := self._watts * passed)
        return used

    def take(self, new: PowerSample | None) -> float:
        """Take the next reading, None where the card does not answer; return what was booked too little before it."""
        old, self._sample = self._sample, new
        booked, self._since_sample = self._since_sample, 0.0
        self.source = new.source if new else None
        if new is None or old is None or new.at - old.at > old.good_for:
            self._watts = new.watts if new else None
            return 0.0
        used, passed = _between(old, new), new.at - old.at
        self._watts = new.watts
        if new.watts is None and used is not None and passed > 0:
            self._watts = used / passed
        return 0.0 if used is None else used - booked


def _between(old: PowerSample, new: PowerSample) -> float | None:
    passed = new.at - old.at
    if old.joules is not None and new.joules is not None:
        used = new.joules - old.joules
        if 0 <= used <= _MOST_WATTS * passed + _STEP_JOULES:
            return used
    # No counter, or one that began anew with its driver.
    if old.watts is None or new.watts is None:
        return None
    return (old.watts + new.watts) / 2 * passed
