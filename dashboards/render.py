"""Places the panels of a board on the grid, stamps what all boards share, and writes the JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import attrs
from grafanalib import core
from grafanalib._gen import DashboardEncoder

from dashboards import normalise
from dashboards.model import Board, Panel, Row

COLUMNS: Final = 24
TAG: Final = "plainview"


def render(board: Board) -> dict[str, Any]:
    """Return the dashboard as Grafana reads it; the same board gives the same JSON, key for key."""
    dashboard = core.Dashboard(
        title=board.title,
        description=board.description,
        uid=board.uid,
        tags=[TAG, board.name],
        panels=list(_placed(board.rows)),
        links=[_all_dashboards()],
        templating=core.Templating(list=[_datasource()]),
        time=core.Time("now-15m", "now"),
        refresh="10s",
        timezone="browser",
        graphTooltip=1,
    ).auto_panel_ids()
    body: dict[str, Any] = json.loads(json.dumps(dashboard, cls=DashboardEncoder))
    return normalise.dashboard(body)


def serialise(body: dict[str, Any]) -> str:
    """Return the text of the generated file: sorted keys, two spaces, a final line feed."""
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _placed(rows: tuple[Row, ...]) -> Iterator[Any]:
    y = 0
    for row in rows:
        placed, bottom = _flow(row.panels, y + 1)
        yield core.RowPanel(title=row.title, gridPos={"x": 0, "y": y, "w": COLUMNS, "h": 1})
        yield from placed
        y = bottom


def _flow(panels: tuple[Panel, ...], top: int) -> tuple[list[Any], int]:
    """Return the panels from left to right, wrapped where a line is full, and the first free line below."""
    placed, x, y, line = [], 0, top, 0
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y, line = 0, y + line, 0
        position = {"x": x, "y": y, "w": panel.width, "h": panel.height}
        placed.append(attrs.evolve(panel.body, gridPos=position))
        x += panel.width
        line = max(line, panel.height)
    return placed, y + line


def _datasource() -> dict[str, Any]:
    return {
        "current": {"selected": True, "text": "Prometheus", "value": "prometheus"},
        "hide": 0,
        "includeAll": False,
        "label": "Data source",
        "multi": False,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "type": "datasource",
    }


def _all_dashboards() -> dict[str, Any]:
    return {
        "asDropdown": False,
        "icon": "dashboard",
        "includeVars": True,
        "keepTime": True,
        "tags": [TAG],
        "targetBlank": False,
        "title": "Plainview",
        "tooltip": "The other dashboards, over the same time",
        "type": "dashboards",
        "url": "",
    }
