"""Raw figures of NVML as numbers or not at all, and its texts."""

import math
from typing import Any, Final

# NVML's "no value here", as 64 and as 32 bits.
_NOT_AVAILABLE: Final = frozenset({2**64 - 1, 2**32 - 1})
_WRAP: Final = 2**32


class NoValue(Exception):  # noqa: N818 - it ends up as a label value, next to NVML's own names
    """NVML answered with its mark for "not available" or with nothing."""


class Unreliable(Exception):  # noqa: N818 - as above
    """NVML answered with a figure that is known to mean nothing."""


def number(raw: Any) -> float:
    """Return a raw figure as a number. Raises NoValue where NVML put something else in its place."""
    if not isinstance(raw, int | float) or raw in _NOT_AVAILABLE or not math.isfinite(raw):
        raise NoValue(repr(raw))
    return float(raw)


def text(raw: Any) -> str:
    """Return a text of NVML's, which older versions of pynvml give as bytes."""
    return raw.decode() if isinstance(raw, bytes) else str(raw)


class Rising:
    """A counter of the driver's that may wrap at 32 bits, as one that only rises. Lives from init to shutdown."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._total = 0.0

    def __call__(self, raw: float) -> float:
        last, self._last = self._last, raw
        if last is None or raw >= last:
            self._total += raw - (last or 0.0)
        elif last < _WRAP and last - raw > _WRAP / 2:
            self._total += raw + _WRAP - last
        else:
            self._total += raw  # the card was reset and counts from 0
        return self._total
