"""Memory of the models, computed when Prometheus asks, so that no piece of work pays for it."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from prometheus_client import Metric as Family
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from telemetry import catalog
from telemetry._secrets import redact
from telemetry.work._places import Places

Rows = dict[catalog.Metric, list[tuple[tuple[str, ...], float]]]


class MemoryCollector(Collector):
    """Shows what is known; a slope of too few pieces of work and a baseline that nobody saw are left out.

    Args:
        places: where work ran.
        edge: keeps what goes wrong here, torch's errors too, from failing the scrape.
    """

    def __init__(self, places: Places, edge: AbstractContextManager[None]) -> None:
        self._places = places
        self._edge = edge

    def collect(self) -> Iterable[Family]:
        rows: Rows = {}
        with self._edge:
            self._fill(rows)
        for metric, found in rows.items():
            family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, value in found:
                family.add_metric(labels, value)
            yield family

    def _fill(self, rows: Rows) -> None:
        for place in self._places:
            for life in place.lives():
                labels = (redact(life.model), place.device.kind, life.source)
                _add(rows, catalog.MODEL_MEMORY_BASELINE, labels, life.baseline)
                _add(rows, catalog.MODEL_MEMORY_AFTER, labels, life.after)
                _add(rows, catalog.MODEL_MEMORY_LEAK, labels, life.leak)
                _add(rows, catalog.MODEL_MEMORY_GROWTH, labels, life.growth)
            if (torch := place.torch()) is not None:
                card = (place.device.uuid or "",)
                _add(rows, catalog.TORCH_MEMORY_ALLOCATED, card, torch.now())
                _add(rows, catalog.TORCH_MEMORY_RESERVED, card, torch.reserved())
                _add(rows, catalog.TORCH_MEMORY_INACTIVE_SPLIT, card, torch.inactive_split())


def _add(rows: Rows, metric: catalog.Metric, labels: tuple[str, ...], value: float | None) -> None:
    if value is not None:
        rows.setdefault(metric, []).append((labels, value))
