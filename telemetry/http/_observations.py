"""A histogram's child that is observed at every request, without the checks that the client makes each time.

`Histogram.observe` looks whether the child may be observed, looks for the bucket from the first one on, and has each
exemplar's names and length examined, which takes as long as all else. A bucket gets a new exemplar at most ten times a
second: a scrape, every few seconds, sees the last one.
"""

from bisect import bisect_left
from time import monotonic, time
from typing import Any, Final

from prometheus_client import Histogram
from prometheus_client.samples import Exemplar

_PAUSE: Final = 0.1


class Observations:
    """Lives as long as the child. Where the client is not as expected, it is asked to observe by itself."""

    def __init__(self, child: Histogram) -> None:
        self._child = child
        buckets: Any = getattr(child, "_buckets", None)
        bounds: Any = getattr(child, "_upper_bounds", ())
        total: Any = getattr(child, "_sum", None)
        self._direct = type(bounds) is list and len(bounds) == len(buckets or ()) and hasattr(total, "inc")
        if self._direct:
            self._bounds = bounds
            self._add = total.inc
            self._count = [bucket.inc for bucket in buckets]
            self._buckets = buckets
            self._next = [0.0] * len(buckets)

    def observe(self, amount: float, ids: tuple[str, str] | None = None) -> None:
        """Record `amount`, with the ids of a trace and a span as exemplar."""
        if not self._direct:
            self._child.observe(amount, _labels(ids) if ids else None)
            return
        bucket = bisect_left(self._bounds, amount)
        self._add(amount)
        self._count[bucket](1)
        if ids and (now := monotonic()) >= self._next[bucket]:
            self._next[bucket] = now + _PAUSE
            self._buckets[bucket].set_exemplar(Exemplar(_labels(ids), amount, time()))


def _labels(ids: tuple[str, str]) -> dict[str, str]:
    return {"trace_id": ids[0], "span_id": ids[1]}
