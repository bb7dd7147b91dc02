"""Quantiles of durations in little memory."""

import math
from typing import Final

_GROWTH: Final = 1.02
_LOG: Final = math.log(_GROWTH)
_SMALLEST: Final = 1e-6


class Durations:
    """Durations in buckets that grow by 2 %, so that a quantile is off by 1 % at most; some 1,000 buckets in all."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.longest = 0.0
        self._buckets: dict[int, int] = {}

    def add(self, seconds: float) -> None:
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)
        bucket = int(math.log(max(seconds, _SMALLEST)) // _LOG)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1

    def quantile(self, share: float) -> float:
        """Return the duration, in seconds, that `share` (0 to 1) of all do not exceed; NaN without any."""
        wanted, seen = max(1, math.ceil(share * self.count)), 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return min(math.exp((bucket + 0.5) * _LOG), self.longest)
        return math.nan
