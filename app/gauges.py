"""Gauges of what was read last: a scrape waits for no database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.background import every
from telemetry import catalog

if TYPE_CHECKING:
    from telemetry import Telemetry

Kept = TypeVar("Kept", bound=Collector)


@asynccontextmanager
async def exported(
    collector: Kept, refresh: Callable[[], Awaitable[object]], seconds: float, telemetry: Telemetry, *, name: str
) -> AsyncIterator[Kept]:
    """Export what `collector` has, and keep that fresh by `every(seconds, refresh)`, while the block lasts."""
    telemetry.register(collector)
    try:
        async with every(seconds, refresh, name=name):
            yield collector
    finally:
        telemetry.registry.unregister(collector)


def gauge(metric: catalog.Metric, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    """Return the family of a catalog entry with these values by their labels, in the entry's order."""
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
