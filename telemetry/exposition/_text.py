"""Figures as text, quickly: what each line begins with is built once and kept.

What comes out is what prometheus-client writes, line for line; a property test compares both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.samples import Exemplar as ClientExemplar
from prometheus_client.samples import Sample

from telemetry.exposition._client import is_as_expected
from telemetry.exposition._family import Exemplar, Family, Key
from telemetry.exposition._lines import Form, exact, fronts, head, number
from telemetry.exposition._snapshot import snapshot

_Fronts = dict[tuple[str, Key], list[str]]


class Text:
    """Writes families; keeps what lines begin with from one scrape to the next. Lives as long as the process."""

    def __init__(self) -> None:
        self._fronts: _Fronts = {}

    def of(self, families: Iterable[Family], accept: str, target_info: dict[str, str] | None) -> tuple[bytes, str]:
        """Return the text that a client with this Accept header understands, and its content type."""
        form = Form(accept)
        out: list[str] = []
        if target_info:
            out.append(form.foreign(CollectorRegistry(target_info=target_info)))
        used: _Fronts = {}
        for family in families:
            if family.labels is not None and form.is_ours:
                self._write(family, out, used, with_exemplars=form.with_exemplars)
            else:
                out.append(form.foreign(_Only(as_metric(family))))
        self._fronts = used
        return form.finished(out), form.content_type

    def _write(self, family: Family, out: list[str], used: _Fronts, *, with_exemplars: bool) -> None:
        name, kind = family.name, family.type
        out.append(head(name, kind, family.help, family.unit, with_exemplars=with_exemplars))
        for key, values in family.children.items():
            place = name, key
            lines = self._fronts.get(place)
            if lines is None or len(lines) != len(values) + (kind == "histogram"):
                labels = dict(zip(family.labels or (), key, strict=True))
                lines = fronts(name, kind, labels, family.bounds)
            used[place] = lines
            shown = family.exemplars.get(key, ()) if with_exemplars else ()
            if kind == "histogram":
                _write_histogram(family, values, lines, out, shown)
            else:
                exemplar = shown[0][1] if shown and shown[0] else ""
                out.append(f"{lines[0]}{number(values[0])}{exemplar}\n")


def _write_histogram(
    family: Family, values: list[float], lines: list[str], out: list[str], shown: Sequence[Exemplar | None]
) -> None:
    total, text = 0.0, "0.0"
    # Count and sum come after these.
    for front, value, exemplar in zip(lines, values[:-1], shown or repeat(None), strict=False):
        if value:
            total += value
            text = number(total)
        out.append(f"{front}{text}{exemplar[1]}\n" if exemplar else f"{front}{text}\n")
    out.append(f"{lines[-2]}{text}\n")
    if family.bounds[0] >= 0:  # else the client leaves the sum out, as it may fall
        out.append(f"{lines[-1]}{number(values[-1])}\n")


def rendered(registry: CollectorRegistry, accept: str, text: Text | None = None) -> tuple[bytes, str]:
    """Return a registry's own figures as text, and the content type; by the client where it is not as expected."""
    form = Form(accept)
    if not form.is_ours or not is_as_expected(registry):
        return form.encoder(registry), form.content_type
    return (text or Text()).of(snapshot(registry), accept, registry.get_target_info())


class _Only:
    """A collector of one family."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> list[Metric]:
        return [self._metric]


def as_metric(family: Family) -> Metric:
    """Return a family as the client has it; without exemplars where they are text already."""
    metric = Metric(family.name, family.help, family.type, family.unit)
    for key, values in family.children.items():
        if family.labels is None:
            name, labels = key
            found = family.exemplars.get(key)
            exemplar = ClientExemplar(*found[0][1]) if found and found[0] else None
            metric.samples.append(Sample(name, dict(labels), values[0], None, exemplar))
        else:
            metric.samples.extend(_samples(family, dict(zip(family.labels, key, strict=True)), values))
    return metric


def _samples(family: Family, labels: dict[str, str], values: list[float]) -> Iterator[Sample]:
    if family.type != "histogram":
        yield Sample(f"{family.name}_total" if family.type == "counter" else family.name, labels, values[0])
        return
    total = 0.0
    for bound, value in zip(family.bounds, values, strict=False):  # the sum comes last
        total += value
        yield Sample(f"{family.name}_bucket", {**labels, "le": exact(bound)}, total)
    yield Sample(f"{family.name}_count", labels, total)
    if family.bounds[0] >= 0:
        yield Sample(f"{family.name}_sum", labels, values[-1])
