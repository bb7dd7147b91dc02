from __future__ import annotations

from typing import Any

from dashboards import gpu, jobs, look, overview
from dashboards.render import render


def test_a_series_of_one_name_has_one_colour_on_all_dashboards() -> None:
    colours: dict[str, set[str]] = {}
    for board in (overview.board(), jobs.board(), gpu.board()):
        for name, colour in _overrides(render(board)):
            colours.setdefault(name, set()).add(colour)
    assert {name: found for name, found in colours.items() if len(found) > 1} == {}
    assert colours["p99"] == {"red"}


def test_legend_that_is_a_label_colours_the_values_of_that_label() -> None:
    coloured = {each["matcher"]["options"] for each in look.overrides(("{{outcome}}", "p95", "{{customer}}"))}
    assert {"succeeded", "failed", "cancelled", "p95"} <= coloured


def _overrides(dashboard: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (override["matcher"]["options"], each["value"]["fixedColor"])
        for panel in dashboard["panels"]
        for override in panel.get("fieldConfig", {}).get("overrides", [])
        for each in override["properties"]
        if each["id"] == "color"
    ]
