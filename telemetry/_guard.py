"""Keeps the series of a family few, whatever values its labels are given; the sums stay right.

Series: `telemetry_label_values_dropped_total{metric,label}`.
"""

import threading
from collections.abc import Callable, Collection
from typing import Any, Final, Self

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from telemetry._secrets import redact
from telemetry.catalog import Metric

OTHER: Final = "other"
#: The customer of work that nobody is named for; like `other` a name of ours, which takes nobody's place.
UNATTRIBUTED: Final = "unattributed"
#: Values of several labels multiply: a family has at most this many times its bound of series.
_COMBINATIONS: Final = 10


class Guard:
    """Says under which label values an observation is kept; one for each family, used under its own `lock`.

    A value outside a label's closed set, and a new one once a label has as many as its entry's bound, becomes `other`.
    """

    def __init__(self, metric: Metric, dropped: Callable[[str], None]) -> None:
        self.lock = threading.Lock()
        self._labels = metric.labels
        self._dropped = dropped
        self._bound = metric.bound
        self._most = metric.bound * _COMBINATIONS
        self._closed = {label: frozenset(values) for label, values in metric.values.items()}
        self._seen: dict[str, set[str]] = {label: set() for label in metric.labels if label not in self._closed}

    def admit(self, values: tuple[str, ...], series: Collection[tuple[str, ...]]) -> tuple[str, ...]:
        """Return the values to use instead of `values`, which have no series yet, where there are these `series`."""
        kept = tuple(map(self._admit, self._labels, values))
        if len(series) >= self._most and kept not in series:
            kept = tuple(
                value if label in self._closed or value == OTHER else self._drop(label)
                for label, value in zip(self._labels, kept, strict=True)
            )
        return kept

    def _admit(self, label: str, value: str) -> str:
        if value in (OTHER, UNATTRIBUTED):
            return value
        if label in self._closed:
            return value if value in self._closed[label] else self._drop(label)
        seen = self._seen[label]
        if value not in seen:
            value = redact(value)  # asked for new values only
        if value not in seen:
            if len(seen) >= self._bound:
                return self._drop(label)
            seen.add(value)
        return value

    def _drop(self, label: str) -> str:
        self._dropped(label)
        return OTHER


class _Bounded(MetricWrapperBase):
    """A family whose `labels` asks a guard before it makes a series; one that is there is found without a lock."""

    guard: Guard | None = None
    #: What is shown of several processes: the entry's `across_processes`.
    processes: str | None = None

    def labels(self, *values: object, **named: object) -> Self:
        if values:
            try:
                return self._metrics[values]  # type: ignore[index, return-value]  # what is no text is not found
            except (AttributeError, KeyError, TypeError):
                pass
        return self._find(values, named)

    def _find(self, values: tuple[object, ...], named: dict[str, object]) -> Self:
        names = tuple(self._labelnames)
        if self.guard is None or (named and (values or len(named) != len(names))):
            return super().labels(*values, **named)
        try:
            given = tuple(_text(named[name]) for name in names) if named else tuple(map(_text, values))
        except KeyError:
            return super().labels(*values, **named)  # which says what is wrong
        if len(given) != len(names):
            return super().labels(*values)
        series: Any = self._metrics
        if given in series:
            return series[given]  # type: ignore[no-any-return]
        with self.guard.lock:
            return super().labels(*self.guard.admit(given, series))


class BoundedCounter(_Bounded, Counter):
    """A counter of a catalog entry."""


class BoundedGauge(_Bounded, Gauge):
    """A gauge of a catalog entry."""


class BoundedHistogram(_Bounded, Histogram):
    """A histogram of a catalog entry."""


def _text(value: object) -> str:
    text = value if type(value) is str else str(value)
    # Half of a pair of surrogates, as JSON can carry it, has no UTF-8: it would end every scrape from here on.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
