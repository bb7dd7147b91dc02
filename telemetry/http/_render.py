"""The registry as text, quickly: for prometheus-client's own families the front of each line is built only once.

`generate_latest` escapes every name and label again at every scrape, some 10 us a line, and holds the interpreter for
it: 5,000 lines of OpenMetrics stall every request for 50 ms. Here a line is a kept `name{labels} `, a number and, in
OpenMetrics, an exemplar. Other collectors, and names that would need escaping, go through `collect()` and the client's
own writer. What comes out is what the client writes, line for line; a property test compares both.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, metrics, values
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString

from telemetry._families import DefaultRegistry
from telemetry._guard import BoundedCounter, BoundedGauge, BoundedHistogram

# A counter, gauge or histogram, whole or with its label values. What is read of it is private to the client, whose
# version is pinned; where it is not as expected, the client writes by itself.
Child = Any
Encoder = Callable[[Any], bytes]
Exemplars = Callable[[Any], str]

_exact: Final[Callable[[float], str]] = floatToGoString

_OWN: Final = frozenset({Counter, Gauge, Histogram, BoundedCounter, BoundedGauge, BoundedHistogram})
_FRONTS: Final = "_plainview_fronts"
_EXEMPLAR: Final = "_plainview_exemplar"
_PLAIN_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_EOF: Final = "# EOF\n"
_EXPONENT_FROM: Final = 1e6


def rendered(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """Return the text that a client with this Accept header understands, and its content type."""
    encoder, content_type = choose_encoder(accept)
    options = getattr(encoder, "keywords", {})
    known = options.get("escaping", openmetrics.UNDERSCORES) in (openmetrics.UNDERSCORES, openmetrics.ALLOWUTF8)
    if not known or type(registry) is not CollectorRegistry or not _client_as_expected():
        return encoder(registry), content_type
    with_exemplars = getattr(encoder, "func", encoder) is openmetrics.generate_latest
    out: list[str] = []
    if info := registry.get_target_info():
        out.append(_foreign(encoder, CollectorRegistry(target_info=info)))
    for collector in _collectors(registry):
        if type(collector) in _OWN and _is_plain(collector):
            _write(collector, out, with_exemplars=with_exemplars)
        else:
            out.append(_foreign(encoder, collector))
    if with_exemplars:
        out.append(_EOF)
    return "".join(out).encode(), content_type


def _client_as_expected() -> bool:
    """Return whether values live in this process and counters have no `_created`."""
    return values.ValueClass is values.MutexValue and not getattr(metrics, "_use_created", True)


def _collectors(registry: Any) -> Iterator[Collector]:
    with registry._lock:  # noqa: SLF001 - the client offers no other way to the collectors
        collectors = list(registry._collector_to_names)  # noqa: SLF001
    for collector in collectors:
        if isinstance(collector, DefaultRegistry):
            yield from _collectors(REGISTRY)
        else:
            yield collector


def _foreign(encoder: Encoder, collector: Any) -> str:
    return encoder(collector).decode().removesuffix(_EOF)


def _is_plain(family: Child) -> bool:
    return all(_PLAIN_NAME.fullmatch(name) for name in (family._name, *family._labelnames))  # noqa: SLF001


def _write(family: Child, out: list[str], *, with_exemplars: bool) -> None:
    name, kind, text, unit = family._name, family._type, family._documentation, family._unit  # noqa: SLF001
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    if with_exemplars:
        text = text.replace('"', r"\"")
    shown = f"{name}_total" if kind == "counter" and not with_exemplars else name
    out.append(f"# HELP {shown} {text}\n# TYPE {shown} {kind}\n")
    if unit and with_exemplars:
        out.append(f"# UNIT {shown} {unit}\n")
    write = _WRITERS[kind]
    exemplar = _exemplar if with_exemplars else _no_exemplar
    for child in _children(family):
        write(child, vars(child).get(_FRONTS) or _fronts(child), out, exemplar)


def _children(family: Child) -> Iterable[Child]:
    if not family._labelnames:  # noqa: SLF001
        return (family,)
    with family._lock:  # noqa: SLF001
        return list(family._metrics.values())  # noqa: SLF001


def _fronts(child: Child) -> list[str]:
    """Build what each line of `child` begins with, and keep it there for as long as the child lives."""
    name, labels = child._name, dict(zip(child._labelnames, child._labelvalues, strict=True))  # noqa: SLF001
    if child._type == "histogram":  # noqa: SLF001
        bounds = [_exact(bound) for bound in child._upper_bounds]  # noqa: SLF001
        fronts = [_front(f"{name}_bucket", {**labels, "le": bound}) for bound in bounds]
        fronts += [_front(f"{name}_count", labels), _front(f"{name}_sum", labels)]
    else:
        fronts = [_front(f"{name}_total" if child._type == "counter" else name, labels)]  # noqa: SLF001
    setattr(child, _FRONTS, fronts)
    return fronts


def _front(name: str, labels: dict[str, str]) -> str:
    pairs = ",".join(f'{label}="{_escaped(value)}"' for label, value in sorted(labels.items()))
    return f"{name}{{{pairs}}} " if pairs else f"{name} "


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    # The usual case of the client's own function. A number of numpy's has another repr.
    return repr(value) if type(value) is float and 0 <= value < _EXPONENT_FROM else _exact(value)


def _no_exemplar(_value: Any) -> str:
    return ""


def _exemplar(value: Any) -> str:
    found = value._exemplar  # noqa: SLF001 - its getter takes a lock that reading one attribute does not need
    if found is None:
        return ""
    kept = vars(value).get(_EXEMPLAR)
    if kept is None or kept[0] is not found:
        kept = (found, _exemplar_text(found))
        setattr(value, _EXEMPLAR, kept)
    return str(kept[1])


def _exemplar_text(exemplar: Any) -> str:
    labels = ",".join(f'{name}="{_escaped(text)}"' for name, text in sorted(exemplar.labels.items()))
    at = "" if exemplar.timestamp is None else f" {exemplar.timestamp}"
    return f" # {{{labels}}} {_number(exemplar.value)}{at}"


def _write_counter(child: Child, fronts: list[str], out: list[str], exemplar: Exemplars) -> None:
    value = child._value  # noqa: SLF001
    out.append(f"{fronts[0]}{_number(value.get())}{exemplar(value)}\n")


def _write_gauge(child: Child, fronts: list[str], out: list[str], _exemplars: Exemplars) -> None:
    # `set_function` puts a function in the place of this method.
    (sample,) = child._child_samples()  # noqa: SLF001
    out.append(f"{fronts[0]}{_number(sample.value)}\n")


def _write_histogram(child: Child, fronts: list[str], out: list[str], exemplar: Exemplars) -> None:
    total, text = 0.0, "0.0"
    for front, bucket in zip(fronts, child._buckets, strict=False):  # noqa: SLF001 - count and sum come after these
        if value := bucket._value:  # noqa: SLF001 - as in `_exemplar`
            total += value
            text = _number(total)
        out.append(f"{front}{text}{exemplar(bucket)}\n" if bucket._exemplar else f"{front}{text}\n")  # noqa: SLF001
    out.append(f"{fronts[-2]}{text}\n")
    if child._upper_bounds[0] >= 0:  # noqa: SLF001 - else the client leaves the sum out, as it may fall
        out.append(f"{fronts[-1]}{_number(child._sum.get())}\n")  # noqa: SLF001


_WRITERS: Final = {"counter": _write_counter, "gauge": _write_gauge, "histogram": _write_histogram}
