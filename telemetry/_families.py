"""Prometheus families made from the catalog, one object for each entry."""

from __future__ import annotations

import threading
from typing import TypeVar, cast

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client import Metric as Family
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector, CollectorRegistry

from telemetry import catalog
from telemetry._edge import Edge
from telemetry._guard import BoundedCounter, BoundedGauge, BoundedHistogram, Guard
from telemetry.catalog import Metric
from telemetry.catalog._rules import claimed

Child = TypeVar("Child", Counter, Gauge, Histogram)


class DefaultRegistry(Collector):
    """What others registered with prometheus-client's own registry: an app's metrics, process, platform, gc."""

    def collect(self) -> list[Family]:
        return list(REGISTRY.collect())


class Families:
    """The families of one process; lives as long as its `Telemetry`."""

    def __init__(self, registry: CollectorRegistry | None, *, bare: bool = False) -> None:
        # `_created` doubles the series of each counter in OpenMetrics. The client has only this global switch.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry() if registry is None else registry
        self._lock = threading.RLock()
        # With its entry: as long as that is there, no other can be declared under its name.
        self._made: dict[str, tuple[Metric, Counter | Gauge | Histogram]] = {}
        self._edges: dict[str, Edge] = {}
        self._heir: Families | None = None
        self._shows_default = registry is None and not bare
        if bare:
            return
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

    def edge(self, part: str) -> Edge:
        """Return a context manager in which an error of telemetry's is caught, counted and logged once."""
        if part not in self._edges:
            self._edges[part] = Edge(part, self.counter(catalog.TELEMETRY_ERRORS))
        return self._edges[part]

    def inherit(self, other: Families) -> None:
        """Take over the families of `other`, with what they have counted; who still asks `other` gets ours."""
        with other._lock, self._lock:
            for name, (metric, family) in other._made.items():
                if self._theirs(metric) is None:  # else its next use says what is wrong
                    self.registry.register(family)
                    self._made[name] = (metric, family)
            other._heir = self

    def _get(self, metric: Metric, cls: type[Child], *types: str) -> Child:
        if metric.type not in types:
            raise TypeError(f"{metric.name} is a {metric.type} in the catalog, not a {cls.__name__.lower()}")
        with self._lock:
            if self._heir is not None:
                return self._heir._get(metric, cls, *types)  # noqa: SLF001 - of the same class
            if metric.name not in self._made:
                self._made[metric.name] = (metric, self._make(metric))
            return cast("Child", self._made[metric.name][1])

    def _make(self, metric: Metric) -> Counter | Gauge | Histogram:
        if theirs := self._theirs(metric):
            raise ValueError(
                f"{metric.name}: {theirs} is registered with prometheus_client already; rename one of both"
            )
        family: BoundedCounter | BoundedGauge | BoundedHistogram
        if metric.type == "histogram":
            family = BoundedHistogram(metric.name, metric.help, metric.labels, registry=None, buckets=metric.buckets)
        else:
            cls = BoundedCounter if metric.type == "counter" else BoundedGauge
            family = cls(metric.name, metric.help, metric.labels, registry=None)
        if metric.labels and metric is not catalog.LABELS_DROPPED:
            family.guard = self._guard(metric)
        family.processes = metric.across_processes()
        self.registry.register(family)
        return family

    def _theirs(self, metric: Metric) -> str | None:
        """Return a name of this family that prometheus-client's own registry has, where that is shown too."""
        names = REGISTRY._names_to_collectors if self._shows_default else {}  # noqa: SLF001 - it offers no other way
        return next((name for name in claimed(metric) if name in names), None)

    def _guard(self, metric: Metric) -> Guard:
        dropped = self.counter(catalog.LABELS_DROPPED)
        return Guard(metric, lambda label: dropped.labels(metric.name, label).inc())
