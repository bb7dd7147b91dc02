"""From the sizes and times of past jobs to the time of the next one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

#: Share of jobs that should fall into the interval.
COVERAGE: Final = 0.9
_MOST_SLOPES: Final = 2000


@dataclass(frozen=True, slots=True)
class Sample:
    """A job that ended well: its size (seconds of sound) and the seconds that it held the device."""

    size: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the next job should take.

    Attributes:
        seconds: as many jobs take less as take more.
        low, high: `coverage` of the jobs fall between them; None with less than two samples.
        coverage: at most `COVERAGE`; less while there are too few samples to promise that.
        samples: jobs that it is made from.
    """

    seconds: float
    low: float | None
    high: float | None
    coverage: float
    samples: int


def estimate(samples: Sequence[Sample], size: float) -> Estimate | None:
    """Return what a job of `size` should take, None without samples.

    A line through the samples by Theil and Sen, whom a few jobs that went astray do not bend. The interval holds the
    residuals between two of them; between the k-th smallest and the k-th largest of n falls the next one with the
    probability (n + 1 - 2k) / (n + 1), whatever their distribution (order statistics).
    """
    if not samples:
        return None
    slope = _slope(samples)
    base = max(0.0, median(sample.seconds - slope * sample.size for sample in samples))
    residuals = sorted(sample.seconds - (base + slope * sample.size) for sample in samples)
    middle = max(0.0, base + slope * size + median(residuals))
    count = len(residuals)
    rank = max(1, math.floor((count + 1) * (1 - COVERAGE) / 2))
    if count - rank < rank:
        return Estimate(middle, None, None, 0.0, count)
    low, high = (base + slope * size + residuals[place] for place in (rank - 1, count - rank))
    return Estimate(middle, max(0.0, min(low, middle)), max(high, middle), (count + 1 - 2 * rank) / (count + 1), count)


def _slope(samples: Sequence[Sample]) -> float:
    """Return seconds for one more of size: the median over pairs, or by proportion where all are of about one size."""
    smallest, largest = (limit(sample.size for sample in samples) for limit in (min, max))
    if largest <= 1.2 * smallest:
        sizes = median(sample.size for sample in samples)
        return median(sample.seconds for sample in samples) / sizes if sizes > 0 else 0.0
    # Far pairs say most about a slope, so a bound on their number costs little: each with the one half a list away.
    ordered = sorted(samples, key=lambda sample: sample.size)
    apart = max(1, len(ordered) // 2)
    pairs = [
        (one, other) for step in range(apart, len(ordered)) for one, other in zip(ordered, ordered[step:], strict=False)
    ]
    slopes = [(b.seconds - a.seconds) / (b.size - a.size) for a, b in pairs[:_MOST_SLOPES] if b.size > a.size]
    return max(0.0, median(slopes)) if slopes else 0.0
