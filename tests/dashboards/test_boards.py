from __future__ import annotations

import re
from collections import Counter
from typing import Any

from dashboards import check


def test_board_is_without_fault(dashboard: dict[str, Any]) -> None:
    assert list(check.problems(dashboard)) == []


def test_ids_count_up_in_order(dashboard: dict[str, Any]) -> None:
    assert [panel["id"] for panel in dashboard["panels"]] == list(range(1, len(dashboard["panels"]) + 1))


def test_panels_fill_the_grid_without_overlap(dashboard: dict[str, Any]) -> None:
    taken: Counter[tuple[int, int]] = Counter()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        taken.update((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"]))
    assert set(taken.values()) == {1}
    bottom = max(y for _, y in taken)
    assert len(taken) == 24 * (bottom + 1), "there is a hole"


def test_dashboard_carries_what_all_share(dashboard: dict[str, Any]) -> None:
    assert re.fullmatch(r"plainview-[a-z]+", dashboard["uid"])
    assert dashboard["tags"][0] == "plainview"
    assert dashboard["refresh"] == "10s"
    assert dashboard["time"] == {"from": "now-15m", "to": "now"}
    assert dashboard["editable"] is False
    assert dashboard["schemaVersion"] >= 39
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["datasource"]
    assert dashboard["links"][0]["tags"] == ["plainview"]


def test_panels_use_the_chosen_data_source_only(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        for holder in (panel, *panel["targets"]):
            assert holder["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_titles_are_unique_noun_phrases(panels: list[dict[str, Any]]) -> None:
    titles = [panel["title"] for panel in panels]
    assert len(set(titles)) == len(titles)
    assert all(title[0].isupper() and not title.endswith((".", "?")) for title in titles)


def test_descriptions_are_sentences(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        assert panel["description"].endswith("."), panel["title"]
        assert 25 < len(panel["description"]) < 260, panel["title"]


def test_units_are_base_units(panels: list[dict[str, Any]]) -> None:
    allowed = {
        "s",
        "bytes",
        "percentunit",
        "currencyUSD",
        "celsius",
        "watt",
        "joule",
        "watth",
        "massg",
        "hertz",
        "binBps",
        "reqps",
        "ops",
        "short",
        "none",
    }
    assert {panel["fieldConfig"]["defaults"]["unit"] for panel in panels} <= allowed


def test_latency_charts_lead_to_traces(panels: list[dict[str, Any]]) -> None:
    quantiles = [
        target
        for panel in panels
        if panel["type"] == "timeseries"
        for target in panel["targets"]
        if target["legendFormat"] in {"p50", "p95", "p99"}
    ]
    assert all(target["exemplar"] and target["range"] for target in quantiles)


def test_single_figures_ask_for_the_latest_value_only(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        latest = panel["type"] in {"stat", "gauge", "bargauge", "table"}
        for target in panel["targets"]:
            # Why something is not known is asked as of now: a reason that is over must not stand in the legend.
            now = latest or target["expr"].endswith("* NaN")
            assert (target["instant"], target["range"]) == (now, not now), panel["title"]
