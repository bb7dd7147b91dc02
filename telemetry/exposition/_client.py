"""What is read of prometheus-client's own families without a call for each sample.

`generate_latest` escapes every name and label again at every scrape, some 10 us a line, and holds the interpreter for
it: 5,000 lines of OpenMetrics stall every request for 50 ms. So figures are taken from where they are kept. That is
private to the client, whose version is pinned; where it is not as expected, the client writes by itself.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, metrics, values
from prometheus_client.registry import Collector, CollectorRegistry

from telemetry._families import DefaultRegistry
from telemetry._guard import BoundedCounter, BoundedGauge, BoundedHistogram
from telemetry.exposition._lines import exemplar_text

#: A counter, gauge or histogram, whole or with its label values.
Child = Any

_OWN: Final = frozenset({Counter, Gauge, Histogram, BoundedCounter, BoundedGauge, BoundedHistogram})
_EXEMPLAR: Final = "_plainview_exemplar"
_PLAIN_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def is_as_expected(registry: CollectorRegistry) -> bool:
    """Return whether values live in this process, counters have no `_created` and the registry is the client's own."""
    client = values.ValueClass is values.MutexValue and not getattr(metrics, "_use_created", True)
    return client and type(registry) is CollectorRegistry


def collectors(registry: Any) -> Iterator[Collector]:
    """Yield what is registered, the client's default registry opened up."""
    with registry._lock:  # noqa: SLF001 - the client offers no other way to the collectors
        registered = list(registry._collector_to_names)  # noqa: SLF001
    for collector in registered:
        if isinstance(collector, DefaultRegistry):
            yield from collectors(REGISTRY)
        else:
            yield collector


def is_own(collector: Any) -> bool:
    """Return whether this is a counter, gauge or histogram of the client's with names that need no escaping."""
    return type(collector) in _OWN and all(
        _PLAIN_NAME.fullmatch(name)
        for name in (collector._name, *collector._labelnames)  # noqa: SLF001
    )


def children(family: Child) -> Iterable[Child]:
    """Return the children of a family, or the family itself where it has no labels."""
    if not family._labelnames:  # noqa: SLF001
        return (family,)
    with family._lock:  # noqa: SLF001
        return list(family._metrics.values())  # noqa: SLF001


def kept_exemplar(value: Any, found: Any) -> tuple[float, str]:
    """Return when the exemplar `found` of a value was noted, and how it ends its line; made once for each."""
    kept = vars(value).get(_EXEMPLAR)
    if kept is None or kept[0] is not found:
        kept = (found, (found.timestamp or 0.0, exemplar_text(found)))
        setattr(value, _EXEMPLAR, kept)
    return cast("tuple[float, str]", kept[1])
