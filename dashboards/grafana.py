"""The one typed door to grafanalib, which has no types.

grafanalib writes layouts of several Grafana versions; what it lacks goes in as `extraJson`, and
`dashboards.normalise` drops what today's Grafana no longer reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from grafanalib import core

from dashboards.look import MUTED, PLAIN, Steps, overrides
from dashboards.model import About, Panel, Query

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
LAST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}

#: A raw value to the text and colour that stand for it.
Texts = Mapping[str, tuple[str, str]]

_KINDS: Final = {
    "stat": core.Stat,
    "timeseries": core.TimeSeries,
    "gauge": core.GaugePanel,
    "bargauge": core.BarGauge,
    "table": core.Table,
    "heatmap": core.Heatmap,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """How one type of panel draws its queries.

    Attributes:
        kind: Grafana's panel type.
        options: Grafana's options of that type.
        defaults: additions to `fieldConfig.defaults`.
        steps: thresholds.
        texts: texts that stand for values.
        column_texts: texts that stand for the values of one column, by its heading.
        instant: ask for the latest value only, not for a range.
        transformations: Grafana's transformations, in order.
        link: uid of the dashboard that has the details.
    """

    kind: Literal["stat", "timeseries", "gauge", "bargauge", "table", "heatmap"]
    options: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    steps: Steps = PLAIN
    texts: Texts | None = None
    column_texts: Mapping[str, Texts] = field(default_factory=dict)
    instant: bool = True
    transformations: Sequence[Mapping[str, Any]] = ()
    link: str | None = None


def panel(about: About, queries: Sequence[Query], drawing: Drawing, width: int, height: int) -> Panel:
    """Return the panel that draws `queries` and says `about`."""
    defaults = {
        "color": {"mode": "thresholds"},
        "mappings": _mappings(drawing.texts or {}),
        "noValue": about.empty,
        "thresholds": {
            "mode": "absolute",
            "steps": [{"color": colour, "value": value} for value, colour in drawing.steps],
        },
        "unit": about.unit,
        **drawing.defaults,
    }
    # Where thresholds judge the value, its colour is the verdict and not the series' own.
    legends = tuple(query.legend for query in queries) if drawing.steps is PLAIN else ()
    body = _KINDS[drawing.kind](
        title=about.title,
        description=about.description,
        dataSource=DATASOURCE,
        maxDataPoints=None,
        targets=[_target(query, index, drawing) for index, query in enumerate(queries)],
        transformations=list(drawing.transformations),
        links=[_link(drawing.link)] if drawing.link else [],
        extraJson={
            "fieldConfig": {
                "defaults": defaults,
                "overrides": [*overrides(legends), *_reasons(queries), *_column_texts(drawing)],
            },
            "options": dict(drawing.options),
        },
    )
    return Panel(body, width, height)


def text(title: str, markdown: str, width: int, height: int) -> Panel:
    """Return a panel of Markdown."""
    return Panel(core.Text(title=title, description=title, content=markdown, mode="markdown"), width, height)


def _target(query: Query, index: int, drawing: Drawing) -> dict[str, Any]:
    formats = {"table": "table", "heatmap": "heatmap"}
    target: dict[str, Any] = core.Target(
        expr=query.expr,
        legendFormat=query.legend or "__auto",
        refId=_ref(index),
        format=formats.get(drawing.kind, "time_series"),
        instant=drawing.instant or query.reason,
        datasource=DATASOURCE,
    ).to_json_data()
    return {**target, "editorMode": "code", "exemplar": query.exemplars, "range": not (drawing.instant or query.reason)}


def _mappings(texts: Texts) -> list[dict[str, Any]]:
    shown = {
        value: {"color": colour, "index": index, "text": words}
        for index, (value, (words, colour)) in enumerate(texts.items())
    }
    return [{"options": shown, "type": "value"}] if shown else []


def _reasons(queries: Sequence[Query]) -> list[dict[str, Any]]:
    colour = {"id": "color", "value": {"fixedColor": MUTED, "mode": "fixed"}}
    return [
        {"matcher": {"id": "byFrameRefID", "options": _ref(index)}, "properties": [colour]}
        for index, query in enumerate(queries)
        if query.reason
    ]


def _ref(index: int) -> str:
    return chr(ord("A") + index)


def _column_texts(drawing: Drawing) -> list[dict[str, Any]]:
    return [
        {
            "matcher": {"id": "byName", "options": heading},
            "properties": [
                {"id": "mappings", "value": _mappings(texts)},
                {"id": "custom.cellOptions", "value": {"type": "color-text"}},
                {"id": "custom.align", "value": "left"},
            ],
        }
        for heading, texts in drawing.column_texts.items()
    ]


def _link(uid: str) -> dict[str, Any]:
    return {
        "asDropdown": False,
        "icon": "dashboard",
        "includeVars": True,
        "keepTime": True,
        "tags": [],
        "targetBlank": False,
        "title": "Details",
        "tooltip": "",
        "type": "link",
        "url": f"/d/{uid}",
    }
