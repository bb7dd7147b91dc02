"""Is memory growing from one piece of work to the next? Robust against single odd values and against one-time steps."""

from collections.abc import Sequence
from itertools import accumulate, combinations
from math import sqrt
from statistics import median
from typing import Final

Point = tuple[int, int]

#: Fewer points have no slope.
LEAST: Final = 12
#: Fewer points do not part a leak from noise.
LEAST_TO_JUDGE: Final = 24
_DEVIATIONS: Final = 3.0


def slope(points: Sequence[Point]) -> float | None:
    """Return bytes by which memory grows per piece of work: the median over all pairs; None for fewer than `LEAST`.

    `points` are (number of the piece, bytes after it) in order. Source: Theil 1950, Sen 1968. A quarter of the points
    may be arbitrary without moving it.
    """
    if len(points) < LEAST:
        return None
    return median((later[1] - sooner[1]) / (later[0] - sooner[0]) for sooner, later in combinations(points, 2))


def is_rising(points: Sequence[Point]) -> bool:
    """Say whether memory keeps rising beyond chance: before its greatest shift of level as well as after it.

    A step, such as one large input that made a pool larger for good, is that shift, and level on both sides.
    """
    if len(points) < LEAST_TO_JUDGE:
        return False
    shift = _greatest_shift([value for _, value in points])
    return _is_rising_beyond_chance(points[:shift]) and _is_rising_beyond_chance(points[shift:])


def _greatest_shift(values: Sequence[int]) -> int:
    """Return where the sums of what lies above and below the mean part most (Page 1954)."""
    mean = sum(values) / len(values)
    drift = list(accumulate(value - mean for value in values))
    return max(range(len(values)), key=lambda at: abs(drift[at])) + 1


def _is_rising_beyond_chance(points: Sequence[Point]) -> bool:
    """Say whether later ones are higher than sooner ones more often than noise explains (Mann 1945, Kendall 1948)."""
    count = len(points)
    score = sum((later[1] > sooner[1]) - (later[1] < sooner[1]) for sooner, later in combinations(points, 2))
    return score >= _DEVIATIONS * sqrt(count * (count - 1) * (2 * count + 5) / 18) > 0
