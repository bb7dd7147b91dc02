"""A registry's figures at one moment."""

from __future__ import annotations

from typing import Any

from prometheus_client import Counter, Histogram, Metric
from prometheus_client.registry import CollectorRegistry

from telemetry.exposition._client import children, collectors, is_own, kept_exemplar
from telemetry.exposition._family import Exemplar, Family, Key
from telemetry.exposition._rules import rule_of


def snapshot(registry: CollectorRegistry) -> list[Family]:
    """Return every family of `registry` in the order of registration."""
    families: list[Family] = []
    for collector in collectors(registry):
        if is_own(collector):
            families.append(_own(collector))
        else:
            families.extend(map(_collected, collector.collect()))
    return families


def _own(family: Any) -> Family:
    kind: str = family._type  # noqa: SLF001 - as in `_client`
    figures: dict[Key, list[float]] = {}
    exemplars: dict[Key, list[Exemplar | None]] = {}
    for child in children(family):
        key = child._labelvalues  # noqa: SLF001
        if kind == "histogram":
            buckets = child._buckets  # noqa: SLF001
            figures[key] = values = [bucket._value for bucket in buckets]  # noqa: SLF001
            values.append(float(child._sum.get()))  # noqa: SLF001
            # Its getter takes a lock, which reading one attribute does not need.
            noted = [bucket._exemplar for bucket in buckets]  # noqa: SLF001
            if any(noted):
                exemplars[key] = [
                    found and kept_exemplar(bucket, found) for bucket, found in zip(buckets, noted, strict=True)
                ]
        elif kind == "counter":
            value = child._value  # noqa: SLF001
            figures[key] = [float(value.get())]
            if found := value._exemplar:  # noqa: SLF001
                exemplars[key] = [kept_exemplar(value, found)]
        else:
            (sample,) = child._child_samples()  # noqa: SLF001 - a function may stand in the place of the value
            figures[key] = [float(sample.value)]
    name = family._name  # noqa: SLF001
    return Family(
        name,
        kind,
        family._documentation,  # noqa: SLF001
        family._unit,  # noqa: SLF001
        tuple(family._labelnames),  # noqa: SLF001
        tuple(getattr(family, "_upper_bounds", ())),
        rule_of(name, kind, family),
        figures,
        exemplars,
    )


def _collected(metric: Metric) -> Family:
    figures: dict[Key, list[float]] = {}
    exemplars: dict[Key, list[Exemplar | None]] = {}
    for sample in metric.samples:
        if sample.name.endswith("_created"):  # of several processes it would be nobody's
            continue
        key = sample.name, tuple(sorted(sample.labels.items()))
        figures[key] = [float(sample.value)]
        if found := sample.exemplar:
            exemplars[key] = [(float(found.timestamp or 0), (dict(found.labels), found.value, found.timestamp))]
    name, kind = metric.name, metric.type
    return Family(name, kind, metric.documentation, metric.unit, None, (), rule_of(name, kind), figures, exemplars)


def zero(registry: CollectorRegistry) -> None:
    """Forget what was counted and timed so far, as a forked child does: it is its parent's."""
    for collector in collectors(registry):
        if isinstance(collector, Counter | Histogram):
            for child in children(collector):
                if isinstance(child, Counter):
                    child._value.set(0.0)  # noqa: SLF001
                else:
                    for value in (*child._buckets, child._sum):  # noqa: SLF001
                        value.set(0.0)
