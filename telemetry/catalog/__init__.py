"""Every metric, span name and log event of the project, declared once.

The collectors, the dashboards, the alert rules, the console and `docs/METRICS.md` all read this
package; a query that names a series or a label that is not here does not build. Each section is a module; its
docstring is the section's heading in `docs/METRICS.md`.

Names follow Prometheus conventions (base units, `_total` on counters only) and, where one exists,
the OpenTelemetry semantic convention in its Prometheus form.
"""

from collections.abc import Iterable, Iterator
from types import MappingProxyType, ModuleType
from typing import Final

from telemetry.catalog import (
    _access,
    _clients,
    _gpu,
    _http,
    _jobs,
    _money,
    _notifications,
    _runtime,
    _telemetry,
    _tracestore,
    _websocket,
    _work,
)
from telemetry.catalog._access import *
from telemetry.catalog._clients import *
from telemetry.catalog._events import *
from telemetry.catalog._foreign import *
from telemetry.catalog._gpu import *
from telemetry.catalog._http import *
from telemetry.catalog._jobs import *
from telemetry.catalog._metric import *
from telemetry.catalog._money import *
from telemetry.catalog._notifications import *
from telemetry.catalog._runtime import *
from telemetry.catalog._spans import *
from telemetry.catalog._telemetry import *
from telemetry.catalog._tracestore import *
from telemetry.catalog._websocket import *
from telemetry.catalog._work import *
from telemetry.catalog._xids import *

#: The sections in the order of the reference page.
SECTIONS: Final[tuple[ModuleType, ...]] = (
    _http,
    _websocket,
    _jobs,
    _money,
    _gpu,
    _work,
    _access,
    _clients,
    _runtime,
    _notifications,
    _telemetry,
    _tracestore,
)

# Labels that Prometheus adds to every scraped series.
TARGET_LABELS: Final = frozenset({"job", "instance"})


def section_metrics(section: ModuleType) -> Iterator[Metric]:
    """Yield the metric families of one section in the order of declaration."""
    return (value for value in vars(section).values() if isinstance(value, Metric))


def metrics() -> Iterator[Metric]:
    """Yield every metric family in the order of declaration."""
    return (metric for section in SECTIONS for metric in section_metrics(section))


def series_of(entries: Iterable[Metric]) -> dict[str, frozenset[str]]:
    """Return the series of these entries with the labels of each, as `SERIES` has them of our own."""
    return {name: metric.series_labels(name) for metric in entries for name in metric.series()}


def _by_series() -> dict[str, frozenset[str]]:
    return series_of(metrics()) | {foreign.name: foreign.labels for foreign in FOREIGN}


#: Series name to the labels it may be queried by, `job` and `instance` apart.
SERIES: Final = MappingProxyType(_by_series())
