"""What a cache is worth.

Series: `cache_lookups_total{cache,outcome}`, `cache_operation_duration_seconds{cache,operation}`,
`cache_errors_total{cache,operation,error_type}`, `cache_evictions_total{cache}`, and where their readings are given
`cache_entries{cache}` and `cache_size_bytes{cache}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal

from telemetry import catalog
from telemetry._outcome import error_type_of
from telemetry._series import Series, exemplar, quiet

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_PART: Final = "cache"

Operation = Literal["get", "set", "delete"]


class CacheMeter:
    """Measures one cache, in the process or far away; lives as long as the cache. Counts begin at zero.

        with meter.operation("get"):
            value = await redis.get(key)
        meter.found(value is not None)

    Args:
        cache: its name, a label.
        entries: how many entries it has now, asked at each scrape; added up over processes, so not of a shared cache.
        size_bytes: how large it is now, likewise.
        telemetry: where to report; what is current.
    """

    def __init__(
        self,
        cache: str,
        *,
        entries: Callable[[], float] | None = None,
        size_bytes: Callable[[], float] | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._cache = cache
        self._hits, self._misses, self._failed = (
            Series(catalog.CACHE_LOOKUPS, cache, outcome, telemetry=telemetry) for outcome in ("hit", "miss", "error")
        )
        self._evictions = Series(catalog.CACHE_EVICTIONS, cache, telemetry=telemetry)
        self._durations = Series(catalog.CACHE_DURATION, telemetry=telemetry)
        self._errors = Series(catalog.CACHE_ERRORS, telemetry=telemetry)
        readings = {catalog.CACHE_ENTRIES: entries, catalog.CACHE_SIZE: size_bytes}
        self._readings = [
            (Series(metric, cache, telemetry=telemetry), read) for metric, read in readings.items() if read is not None
        ]
        self._begin()

    @quiet(_PART)
    def hit(self) -> None:
        """Count a look-up that found something."""
        self._hits.now().inc()

    @quiet(_PART)
    def miss(self) -> None:
        """Count a look-up that found nothing."""
        self._misses.now().inc()

    def found(self, found: bool) -> None:  # noqa: FBT001 - it is what the name asks
        """Count a look-up that found something or nothing."""
        if found:
            self.hit()
        else:
            self.miss()

    @quiet(_PART)
    def evicted(self, entries: int = 1) -> None:
        """Count entries that were dropped to make room."""
        self._evictions.now().inc(entries)

    @contextmanager
    def operation(self, operation: Operation) -> Iterator[None]:
        """Time an operation; one that raises is counted with its error, and a `get` as a look-up that failed."""
        began = perf_counter()
        error: Exception | None = None
        try:
            yield
        except Exception as raised:
            error = raised
            raise
        finally:
            self._done(operation, perf_counter() - began, error)

    @quiet(_PART)
    def _begin(self) -> None:
        for series in (self._hits, self._misses, self._failed, self._evictions):
            series.now()
        for series, read in self._readings:
            series.now().set_function(read)

    @quiet(_PART)
    def _done(self, operation: Operation, seconds: float, error: Exception | None) -> None:
        self._durations.now().labels(self._cache, operation).observe(seconds, exemplar())
        if error is not None:
            self._errors.now().labels(self._cache, operation, error_type_of(error)).inc(1, exemplar())
            if operation == "get":
                self._failed.now().inc()
