# ruff: noqa: SLF001 - the figures are reached where the client keeps them, as `telemetry/exposition` does
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
from prometheus_client.values import MutexValue

_PAUSE: Final = 0.1


class Observations:
    """Lives as long as the child. Where the client is not as expected, it is asked to observe by itself."""

    def __init__(self, child: Histogram) -> None:
        self._child = child
        self._buckets: Any = getattr(child, "_buckets", ())
        self._bounds: Any = getattr(child, "_upper_bounds", ())
        self._total: Any = getattr(child, "_sum", None)
        self._direct = (
            type(self._bounds) is list
            and len(self._bounds) == len(self._buckets)
            and {type(value) for value in (self._total, *self._buckets)} == {MutexValue}
        )
        self._next = [0.0] * len(self._buckets)

    def observe(self, amount: float, ids: tuple[str, str] | None = None) -> None:
        """Record `amount`, with the ids of a trace and a span as exemplar."""
        if not self._direct:
            self._child.observe(amount, _labels(ids) if ids else None)
            return
        number = bisect_left(self._bounds, amount)
        total, bucket = self._total, self._buckets[number]
        with total._lock:  # what `inc` does
            total._value += amount
        with bucket._lock:
            bucket._value += 1.0
        if ids and (now := monotonic()) >= self._next[number]:
            self._next[number] = now + _PAUSE
            bucket.set_exemplar(Exemplar(_labels(ids), amount, time()))


def _labels(ids: tuple[str, str]) -> dict[str, str]:
    return {"trace_id": ids[0], "span_id": ids[1]}
