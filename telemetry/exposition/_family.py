"""A family's figures as they pass between processes."""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple

Rule = Literal["sum", "max", "min", "one", "each"]
Key = tuple[Any, ...]
#: When it was noted, and what is shown of it.
Exemplar = tuple[float, Any]

# The highest that all supported Pythons write.
_FORMAT: Final = 4
_MARK: Final = "plainview 1"


class Family(NamedTuple):
    """One family of one process, or of several once they are added up.

    Attributes:
        name: as prometheus-client keeps it: counters without `_total`.
        type: as it stands in the exposition.
        help: likewise.
        unit: likewise.
        labels: label names of one of prometheus-client's own families; None for what a collector yields.
        bounds: upper bounds of a histogram's buckets, for one of the client's own.
        rule: how the figures of several processes become one.
        children: figures by label values. A histogram's are its buckets, not cumulated, and the sum. What a collector
            yields has one figure for each sample, by its name and labels.
        exemplars: by label values, one place for each figure that may have one.
    """

    name: str
    type: str
    help: str
    unit: str
    labels: tuple[str, ...] | None
    bounds: tuple[float, ...]
    rule: Rule
    children: dict[Key, list[float]]
    exemplars: dict[Key, list[Exemplar | None]]

    @property
    def is_total(self) -> bool:
        """Whether what a process counted stays true when the process has ended."""
        return self.rule == "sum" and self.type in ("counter", "histogram", "summary")


class State(NamedTuple):
    """What one file holds.

    Attributes:
        service: tells apart services that have used one address after another.
        included: members whose totals are part of these, though their own files may still be there.
        families: the figures.
    """

    service: str
    included: list[str]
    families: list[Family]


def packed(state: State) -> bytes:
    """Return `state` as bytes, for a file that only processes of this user can write."""
    return marshal.dumps((_MARK, state.service, state.included, [tuple(family) for family in state.families]), _FORMAT)


def unpacked(data: bytes) -> State | None:
    """Return what `packed` was given; None for what is not whole or of another version."""
    try:
        mark, service, included, families = marshal.loads(data)  # noqa: S302 - the folder is this user's alone
        return State(service, included, [Family(*family) for family in families]) if mark == _MARK else None
    except (ValueError, EOFError, TypeError):
        return None


def totals(families: Iterable[Family]) -> list[Family]:
    """Return those that stay true when the process has ended."""
    return [family for family in families if family.is_total]
