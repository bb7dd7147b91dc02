"""What a dashboard is made of, before it is JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression of a panel; `legend` may hold `{{label}}`.

    Attributes:
        exemplars: show traces beside the line.
        reason: its series have no values; their legends say what is not known, and why.
    """

    expr: str
    legend: str = ""
    exemplars: bool = False
    reason: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What every panel says of itself.

    Attributes:
        title: a noun phrase.
        description: what the panel shows and what bad looks like.
        unit: a Grafana unit of the base quantity (`s`, `bytes`, `percentunit`, `currencyUSD`, ...).
        empty: why there may be nothing to show; stands in the panel when there is not.
    """

    title: str
    description: str
    unit: str
    empty: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel and the room it takes on the grid of 24 columns; `body` is grafanalib's object."""

    body: Any
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Row:
    """A titled band of panels, placed from left to right."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard before it is rendered; `name` gives the file and, with a prefix, the uid."""

    name: str
    title: str
    description: str
    rows: tuple[Row, ...]

    @property
    def uid(self) -> str:
        """Return the fixed slug under which Grafana and the console know the dashboard."""
        return f"plainview-{self.name}"
