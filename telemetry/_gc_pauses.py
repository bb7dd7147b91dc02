"""How long the garbage collector stops the process.

Series: `python_gc_pause_seconds{generation}`; how often, prometheus-client's own `python_gc_collections_total` says.
"""

import gc
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from time import perf_counter
from typing import Final

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from telemetry import catalog

_BOUNDS: Final = catalog.GC_PAUSE.buckets
_LINES: Final = (*map(str, _BOUNDS), "+Inf")


class GcPauses(Collector):
    """Counts pauses in plain numbers: the client's have locks, which the thread that is stopped may hold."""

    def __init__(self) -> None:
        self._began = 0.0
        self._counts = [[0] * len(_LINES) for _ in gc.get_count()]
        self._sums = [0.0 for _ in gc.get_count()]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count until the block ends."""
        gc.callbacks.append(self._noted)
        try:
            yield
        finally:
            gc.callbacks.remove(self._noted)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        metric = catalog.GC_PAUSE
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for generation, (counts, total) in enumerate(zip(self._counts, self._sums, strict=True)):
            family.add_metric([str(generation)], list(zip(_LINES, accumulate(counts), strict=True)), total)
        yield family

    def _noted(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = perf_counter()
            return
        seconds = perf_counter() - self._began
        generation = info["generation"]
        self._counts[generation][bisect_left(_BOUNDS, seconds)] += 1
        self._sums[generation] += seconds
