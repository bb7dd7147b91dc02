"""The house look: seven functions, the only way a dashboard makes a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from dashboards import grafana
from dashboards.grafana import LAST, Drawing, Texts
from dashboards.look import PLAIN, Steps
from dashboards.model import About, Panel, Query

Style = Literal["line", "lines", "stacked", "bars"]

# Many lines over each other are told apart only without a fill.
_FILL: Final = {"line": 8, "lines": 0, "stacked": 30, "bars": 70}


def stat(  # noqa: PLR0913 - each says one thing of the look
    about: About,
    *queries: Query,
    steps: Steps = PLAIN,
    decimals: int | None = None,
    texts: Texts | None = None,
    link: str | None = None,
    width: int = 3,
    height: int = 4,
) -> Panel:
    """Return the latest value of each series in large type."""
    several = len(queries) > 1 or any("{{" in query.legend for query in queries)
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": LAST,
        "showPercentChange": False,
        "textMode": "value_and_name" if several else "value",
        "wideLayout": True,
    }
    drawing = Drawing("stat", options, {"decimals": decimals}, steps, texts, link=link)
    return grafana.panel(about, queries, drawing, width, height)


def timeseries(  # noqa: PLR0913 - each says one thing of the look
    about: About,
    *queries: Query,
    style: Style = "line",
    top: float | None = None,
    decimals: int | None = None,
    width: int = 8,
    height: int = 8,
) -> Panel:
    """Return a chart over time, from 0 up; the axis reaches at least to `top`."""
    custom = {
        "axisSoftMax": top,
        "drawStyle": "bars" if style == "bars" else "line",
        "fillOpacity": _FILL[style],
        "gradientMode": "none",
        "lineWidth": 2 if style in ("line", "lines") else 1,
        "showPoints": "auto" if style in ("line", "lines") else "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "none" if style in ("line", "lines") else "normal"},
    }
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    defaults = {"color": {"mode": "palette-classic-by-name"}, "custom": custom, "decimals": decimals, "min": 0}
    return grafana.panel(about, queries, Drawing("timeseries", options, defaults, instant=False), width, height)


def gauge(about: About, query: Query, *, steps: Steps, top: float = 1, width: int = 3, height: int = 4) -> Panel:  # noqa: PLR0913 - each says one thing of the look
    """Return a dial from 0 to `top`, coloured by `steps`."""
    options = {
        "minVizHeight": 75,
        "minVizWidth": 75,
        "orientation": "auto",
        "reduceOptions": LAST,
        "showThresholdLabels": False,
        "showThresholdMarkers": True,
        "sizing": "auto",
    }
    drawing = Drawing("gauge", options, {"min": 0, "max": top}, steps)
    return grafana.panel(about, (query,), drawing, width, height)


def bargauge(  # noqa: PLR0913 - each says one thing of the look
    about: About,
    query: Query,
    *,
    steps: Steps = PLAIN,
    top: float | None = None,
    decimals: int | None = None,
    width: int = 8,
    height: int = 8,
) -> Panel:
    """Return one bar for each series, for comparing a bounded set of like things; the longest is full, or that of `top`."""
    options = {
        "displayMode": "basic",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "maxVizHeight": 300,
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "auto",
        "orientation": "horizontal",
        "reduceOptions": LAST,
        "showUnfilled": True,
        "sizing": "auto",
        "valueMode": "color",
    }
    defaults = {"min": 0, "decimals": decimals} | ({} if top is None else {"max": top})
    return grafana.panel(about, (query,), Drawing("bargauge", options, defaults, steps), width, height)


def table(  # noqa: PLR0913 - each says one thing of the look
    about: About,
    query: Query,
    columns: Sequence[tuple[str, str]],
    *,
    texts: Mapping[str, Texts] | None = None,
    width: int = 24,
    height: int = 6,
) -> Panel:
    """Return one line for each series; `columns` are (label, heading) in order, `Value` is the number.

    `texts` puts the values of a column in words, by its label.
    """
    organize: dict[str, Any] = {
        "id": "organize",
        "options": {
            "excludeByName": {"Time": True},
            "indexByName": {label: position for position, (label, _) in enumerate(columns)},
            "renameByName": dict(columns),
        },
    }
    drawing = Drawing(
        "table",
        {"cellHeight": "sm", "frameIndex": 0, "showHeader": True},
        {"custom": {"align": "auto", "inspect": False}},
        column_texts={dict(columns)[label]: words for label, words in (texts or {}).items()},
        transformations=(organize,),
    )
    return grafana.panel(about, (query,), drawing, width, height)


def heatmap(about: About, query: Query, *, width: int = 8, height: int = 8) -> Panel:
    """Return the distribution over time of a histogram summed by `le`."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"exponent": 0.5, "fill": "blue", "mode": "scheme", "reverse": False, "scheme": "Blues", "steps": 32},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": about.unit},
    }
    return grafana.panel(about, (query,), Drawing("heatmap", options, instant=False), width, height)


def text(title: str, markdown: str, *, width: int = 24, height: int = 3) -> Panel:
    """Return a panel of Markdown."""
    return grafana.text(title, markdown, width, height)
