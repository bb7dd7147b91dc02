"""Several processes' figures become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from telemetry.exposition._family import Exemplar, Family, Key, totals

PID: Final = "pid"


class Part(NamedTuple):
    """What one process adds; `pid` is empty for those that have ended and for one that does not answer."""

    pid: str
    families: Iterable[Family]


def merged(living: Sequence[Part], ended: Sequence[Iterable[Family]]) -> list[Family]:
    """Return the families of all; who stands first in `living` goes first where only one can be shown.

    Of those that have ended only totals count. What differs in labels or bounds from what was met first is left out: it
    is a family of another version of the app.
    """
    out: dict[str, Family] = {}
    several = len(living) > 1
    for pid, families in living:
        for family in families:
            _add(out, _by_process(family, pid) if several and family.rule == "each" else family)
    for families in ended:
        for family in totals(families):
            _add(out, family)
    return list(out.values())


def _add(out: dict[str, Family], family: Family) -> None:
    into = out.get(family.name)
    if into is None or (not into.children and into.rule == "one"):
        children = {key: [*values] for key, values in family.children.items()}
        exemplars = {key: [*found] for key, found in family.exemplars.items()}
        out[family.name] = family._replace(children=children, exemplars=exemplars)
    elif (into.type, into.labels, into.bounds) == (family.type, family.labels, family.bounds):
        _RULES[into.rule](into, family)


def _sum(into: Family, family: Family) -> None:
    children = into.children
    for key, values in family.children.items():
        so_far = children.get(key)
        children[key] = [*values] if so_far is None else [a + b for a, b in zip(so_far, values, strict=True)]
    for key, found in family.exemplars.items():
        known = into.exemplars.get(key)
        into.exemplars[key] = [*found] if known is None else list(map(_newer, known, found))


def _newer(a: Exemplar | None, b: Exemplar | None) -> Exemplar | None:
    return b if a is None or (b is not None and a[0] < b[0]) else a


def _extreme(choose: Callable[[float, float], float]) -> Callable[[Family, Family], None]:
    def combine(into: Family, family: Family) -> None:
        for key, values in family.children.items():
            so_far = into.children.get(key)
            into.children[key] = [*values] if so_far is None else list(map(choose, so_far, values))

    return combine


def _first(_into: Family, _family: Family) -> None:
    """Leave it as the first process has it."""


def _both(into: Family, family: Family) -> None:
    into.children.update(family.children)


_RULES: Final = {"sum": _sum, "max": _extreme(max), "min": _extreme(min), "one": _first, "each": _both}


def _by_process(family: Family, pid: str) -> Family:
    """Return `family` with a label more, which tells the processes apart."""
    if family.labels is not None:
        if PID in family.labels:
            return family
        children = {(*key, pid): values for key, values in family.children.items()}
        return family._replace(labels=(*family.labels, PID), children=children)
    return family._replace(children={_with_pid(key, pid): values for key, values in family.children.items()})


def _with_pid(key: Key, pid: str) -> Key:
    name, labels = key
    return name, tuple(sorted({PID: pid, **dict(labels)}.items()))
