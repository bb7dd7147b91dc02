"""What a catalog entry must be like; each broken rule is one line with the field, its value and what is allowed."""

import math
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

from telemetry.catalog._units import UNITS, base_unit

# Names that Prometheus and its client give to series of their own.
_FOREIGN: Final = re.compile(
    r"up|alerts|scrape_.*|python_(info|gc_collections|gc_objects_(un)?collect(ed|able)).*"
    r"|process_(cpu_seconds|virtual_memory|resident_memory|start_time|open_fds|max_fds).*"
)
_NAME: Final = re.compile(r"[a-z]+(_?[a-z0-9]+)*")
_TYPES: Final = ("counter", "gauge", "histogram", "info")
_TYPE_WORDS: Final = ("counter", "gauge", "histogram", "summary", "untyped")
_SUFFIXES: Final = {"counter": "_total", "info": "_info"}
_OF_THE_CLIENT: Final = ("_bucket", "_count", "_created", "_sum")
_PROCESSES: Final = ("sum", "max", "min", "one", "each")
_RESERVED: Final = frozenset({"le", "quantile", "job", "instance"})
_MOST_LABELS: Final = 10
_MOST_VALUES: Final = 10_000

# A `Metric`, whose fields may be of any type here: that they are right is what is checked.
Entry = Any


def broken(metric: Entry) -> Iterator[str]:
    """Yield one line for each rule that `metric` breaks."""
    for rule in (_name, _type, _help, _unit, _labels, _values, _buckets, _bound, _processes):
        yield from rule(metric)


def claimed(metric: Entry) -> tuple[str, ...]:
    """Return every name that the family takes in an exposition, in either format."""
    if metric.type == "counter":
        base = metric.name.removesuffix("_total")
        return base, metric.name, f"{base}_created"
    if metric.type == "histogram":
        return metric.name, *(f"{metric.name}{suffix}" for suffix in _OF_THE_CLIENT)
    return (metric.name,)


def _line(field: str, value: object, allowed: str) -> str:
    return f"{field}={value!r} is not allowed: {allowed}"


def _name(metric: Entry) -> Iterator[str]:
    name = metric.name
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield _line("name", name, "small letters, digits and single underscores, a letter first")
        return
    for kind, suffix in _SUFFIXES.items():
        if metric.type == kind and not name.endswith(suffix):
            yield _line("name", name, f"a {kind} ends in {suffix}")
        if metric.type != kind and name.endswith(suffix):
            yield _line("name", name, f"only a {kind} ends in {suffix}")
    if words := {*name.split("_")[1:]} & {*_TYPE_WORDS}:
        yield _line("name", name, f"the type is no part of it: {', '.join(sorted(words))}")
    if name.endswith(_OF_THE_CLIENT):
        yield _line("name", name, f"the endings {', '.join(_OF_THE_CLIENT)} belong to the series of histograms")
    if _FOREIGN.fullmatch(name):
        yield _line("name", name, "Prometheus and its client have series of this name; choose another")


def _type(metric: Entry) -> Iterator[str]:
    if metric.type not in _TYPES:
        yield _line("type", metric.type, f"one of {', '.join(_TYPES)}")


def _help(metric: Entry) -> Iterator[str]:
    text = metric.help
    if not isinstance(text, str) or not re.fullmatch(r"[A-Z0-9].+\.", text):
        yield _line("help", text, "one line that begins with a capital and ends with a full stop")


def _unit(metric: Entry) -> Iterator[str]:
    if not isinstance(metric.unit, str) or not isinstance(metric.name, str):
        yield _line("unit", metric.unit, f"a word such as {', '.join(UNITS[:4])}, or nothing")
        return
    words = metric.name.removesuffix("_total").removesuffix("_info").split("_")
    for word in dict.fromkeys((metric.unit, *words[1:])):
        if base := base_unit(word):
            yield _line("unit" if word == metric.unit else "name", word, f"the base unit {base}")
    if metric.unit and words[-1] != metric.unit:
        yield _line("name", metric.name, f"with unit={metric.unit!r} it ends in _{metric.unit}, before any _total")
    if not metric.unit and words[-1] in UNITS:
        yield _line("unit", metric.unit, f"the name says {words[-1]!r}, so the unit is that")


def _labels(metric: Entry) -> Iterator[str]:
    if not _is_tuple_of(metric.labels, lambda label: isinstance(label, str)):
        yield _line("labels", metric.labels, "a tuple of names, such as ('plan',)")
        return
    for label in metric.labels:
        if not _NAME.fullmatch(label) or label in _RESERVED:
            reserved = ", ".join(sorted(_RESERVED))
            yield _line("labels", label, f"small letters, digits and single underscores, and not {reserved}")
    if len(set(metric.labels)) < len(metric.labels):
        yield _line("labels", metric.labels, "each name once")
    if len(metric.labels) > _MOST_LABELS:
        yield _line("labels", metric.labels, f"at most {_MOST_LABELS}")
    if metric.type == "info" and not metric.labels:
        yield _line("labels", metric.labels, "an info has at least one: its labels are what it says")


def _values(metric: Entry) -> Iterator[str]:
    for label, values in dict(metric.values).items():
        if label not in metric.labels:
            yield _line("values", label, f"a label of this entry: {', '.join(metric.labels) or 'it has none'}")
        if not values or not _is_tuple_of(values, lambda value: isinstance(value, str)):
            yield _line("values", {label: values}, "a tuple of texts, at least one")


def _buckets(metric: Entry) -> Iterator[str]:
    if metric.type != "histogram":
        if metric.buckets:
            yield _line("buckets", metric.buckets, "only a histogram has them")
        return
    numbers = _is_tuple_of(metric.buckets, lambda bound: type(bound) in (int, float) and math.isfinite(bound))
    if not numbers or not metric.buckets or not all(low < high for low, high in pairwise(metric.buckets)):
        allowed = "a tuple of finite numbers in ascending order, such as telemetry.catalog.API_SECONDS"
        yield _line("buckets", metric.buckets, f"{allowed}, DATABASE_SECONDS, JOB_SECONDS or BODY_BYTES")


def _bound(metric: Entry) -> Iterator[str]:
    if type(metric.bound) is not int or not 1 <= metric.bound <= _MOST_VALUES:
        yield _line("bound", metric.bound, f"a whole number from 1 to {_MOST_VALUES}")


def _processes(metric: Entry) -> Iterator[str]:
    if metric.processes is not None and metric.processes not in _PROCESSES:
        yield _line("processes", metric.processes, f"one of {', '.join(_PROCESSES)}")


def _is_tuple_of(value: object, right: Callable[[Any], bool]) -> bool:
    return isinstance(value, tuple) and all(right(each) for each in value)
