"""Prometheus families made from the catalog, one object for each entry."""

import threading
from typing import TypeVar, cast

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client import Metric as Family
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector, CollectorRegistry

from telemetry.catalog import Metric

Child = TypeVar("Child", Counter, Gauge, Histogram)


class DefaultRegistry(Collector):
    """What others registered with prometheus-client's own registry: an app's metrics, process, platform, gc."""

    def collect(self) -> list[Family]:
        return list(REGISTRY.collect())


class Families:
    """The families of one process; lives as long as its `Telemetry`."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        # `_created` doubles the series of each counter in OpenMetrics. The client has only this global switch.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry() if registry is None else registry
        self._lock = threading.Lock()
        self._made: dict[str, Counter | Gauge | Histogram] = {}
        if registry is None:
            self.registry.register(DefaultRegistry())
        elif registry is not REGISTRY:
            ProcessCollector(registry=registry)
            PlatformCollector(registry=registry)
            GCCollector(registry=registry)

    def counter(self, metric: Metric) -> Counter:
        return self._get(metric, Counter, "counter")

    def gauge(self, metric: Metric) -> Gauge:
        return self._get(metric, Gauge, "gauge", "info")

    def histogram(self, metric: Metric) -> Histogram:
        return self._get(metric, Histogram, "histogram")

    def _get(self, metric: Metric, cls: type[Child], *types: str) -> Child:
        if metric.type not in types:
            raise TypeError(f"{metric.name} is a {metric.type} in the catalog, not a {cls.__name__.lower()}")
        with self._lock:
            if metric.name not in self._made:
                self._made[metric.name] = self._make(metric)
            return cast("Child", self._made[metric.name])

    def _make(self, metric: Metric) -> Counter | Gauge | Histogram:
        if metric.type == "histogram":
            bounds = metric.buckets or Histogram.DEFAULT_BUCKETS
            return Histogram(metric.name, metric.help, metric.labels, registry=self.registry, buckets=bounds)
        cls = Counter if metric.type == "counter" else Gauge
        return cls(metric.name, metric.help, metric.labels, registry=self.registry)
