"""Dashboards fitted to a stack that runs somebody's app: what only the reference service has is left out.

That is every panel that asks for its jobs, keys, budgets or components. Those left in a line share its width, and what
comes below moves up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from telemetry import catalog
from telemetry.catalog import _jobs

Panel = dict[str, Any]

_COLUMNS: Final = 24
_WORD: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
#: A dashboard of which fewer panels are left says nothing any more.
_FEWEST: Final = 4
# Whoever uses `gpu_work` has these.
_ANYBODYS: Final = frozenset({catalog.JOB_GPU_SECONDS.name})


# The worker's own, though it has to do with no job.
_THE_WORKERS: Final = frozenset({catalog.GPU_IDLE.name})


def _of_the_service() -> frozenset[str]:
    jobs = {metric.name for metric in catalog.section_metrics(_jobs)} - _ANYBODYS | _THE_WORKERS
    return frozenset(
        series
        for metric in catalog.metrics()
        if metric.source == "service" or metric.name in jobs
        for series in metric.series()
    )


_OF_THE_SERVICE: Final = _of_the_service()


def fits(dashboard: Panel) -> bool:
    """Say whether enough of a dashboard's panels have something to show without the reference service."""
    return sum(_is_general(panel) for panel in dashboard["panels"] if panel["type"] != "row") >= _FEWEST


def fitted(dashboard: Panel) -> Panel:
    """Return the dashboard with the panels that any app can fill."""
    panels: list[Panel] = []
    y = 0
    for header, lines in _sections(dashboard["panels"]):
        kept = [[panel for panel in line if _is_general(panel)] for line in lines]
        if not any(kept):
            continue
        if header is not None:
            panels.append(_placed(header, y=y))
            y += header["gridPos"]["h"]
        for line in filter(None, kept):
            panels += _line(line, y)
            y += max(panel["gridPos"]["h"] for panel in line)
    return {**dashboard, "panels": panels}


def _is_general(panel: Panel) -> bool:
    asked = {word for target in panel.get("targets", ()) for word in _WORD.findall(target["expr"])}
    return not asked & _OF_THE_SERVICE


def _sections(panels: Iterable[Panel]) -> Iterable[tuple[Panel | None, list[list[Panel]]]]:
    """Yield each row's header with its lines of panels that begin at the same height."""
    header, lines = None, list[list[Panel]]()
    for (is_row, _), group in groupby(panels, key=lambda panel: (panel["type"] == "row", panel["gridPos"]["y"])):
        line = list(group)
        if is_row:
            if lines:
                yield header, lines
            header, lines = line[-1], []
        else:
            lines.append(line)
    if lines:
        yield header, lines


def _line(panels: Sequence[Panel], y: int) -> Iterable[Panel]:
    """Yield the panels of a line, together as wide as the page."""
    total = sum(panel["gridPos"]["w"] for panel in panels)
    x = before = 0
    for panel in panels:
        before += panel["gridPos"]["w"]
        end = round(_COLUMNS * before / total)
        yield _placed(panel, x=x, y=y, w=end - x)
        x = end


def _placed(panel: Panel, **place: int) -> Panel:
    return {**panel, "gridPos": {**panel["gridPos"], **place}}
