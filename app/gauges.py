"""Gauges that are read when they are scraped."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.core import GaugeMetricFamily

from telemetry import catalog


def gauge(metric: catalog.Metric, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    """Return the family of a catalog entry with these values by their labels, in the entry's order."""
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
