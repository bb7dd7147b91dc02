"""What the GPU panels and rules say of each world: a value, or which of the ways of not knowing it is."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

import dashboards
from alerts.rules import RULES
from dashboards.recorded import RECORDED
from tests.dashboards.worlds.worlds import WORLDS

# Slow: the activity of each card is measured over a second.
pytestmark = [pytest.mark.integration, pytest.mark.slow]

GPU = [panel for panel in dashboards.load("plainview-gpu")["panels"] if panel.get("targets")]
#: Panels that speak of each card: they have a query for the cards that give no value.
CARD_PANELS = [panel for panel in GPU if any("NaN" in target["expr"] for target in panel["targets"])]
GPU_RULES = [rule for rule in RULES if rule.group == "gpu"]

# What the top row says: the reading of the cards, cards real, lost, faulty, failing readings; "" says nothing at all.
TOP = {
    "healthy": ("Read", "2", "0", "0", "0"),
    "no card": ("No GPU here", "", "", "", ""),
    "not supported": ("Read", "2", "0", "0", "0"),
    "failing": ("Read", "2", "0", "0", "11"),
    "stale": ("Stale", "2", "", "", ""),
    "card lost": ("Read", "2", "1", "0", "0"),
    "driver broken": ("Driver fails", "", "", "", ""),
    "divided": ("Read", "1", "0", "0", "0"),
    "sick": ("Read", "2", "0", "1", "0"),
}
STATES = {
    "healthy": {"0": "Answers", "1": "Answers"},
    "stale": {"0": "Stale", "1": "Stale"},
    "card lost": {"0": "Answers", "1": "Lost"},
}
FIRING = {
    "failing": {"GpuReadingsFailing"},
    "stale": {"GpuReadingsStale"},
    "card lost": {"GpuLost"},
    "driver broken": {"GpuReadingsAbsent"},
    "sick": {
        *("GpuXidCritical", "GpuXidError", "GpuEccUncorrected", "GpuRowRemapPending", "GpuRowRemapFailed"),
        *("GpuRecoveryActionNeeded", "GpuThrottledHot", "GpuMemoryAlmostFull", "GpuPcieDegraded"),
        *("NvlinkDown", "NvlinkErrors"),
    },
}  # fmt: skip


def filled(expr: str) -> str:
    """Put what is recorded in the place of its name: the past has not been recorded."""
    for each in RECORDED:
        expr = expr.replace(each.name, f"({each.expr})")
    return expr


def shown(panel, prometheus) -> list[tuple[dict[str, str], float]]:
    """Labels and value of every series that the panel draws."""
    found = (series for target in panel["targets"] for series in prometheus.ask(filled(target["expr"])))
    return [(series["metric"], float(series["value"][1])) for series in found]


def panel_named(title: str) -> dict[str, Any]:
    (found,) = (panel for panel in GPU if panel["title"] == title)
    return found


def in_words(panel, value: float) -> str:
    mappings = panel["fieldConfig"]["defaults"]["mappings"] or [
        each["value"][0]
        for override in panel["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "mappings"
    ]
    return next((m["options"][f"{value:g}"]["text"] for m in mappings if f"{value:g}" in m["options"]), f"{value:g}")


def single(title: str, prometheus) -> str:
    panel = panel_named(title)
    return " ".join(in_words(panel, value) for _, value in shown(panel, prometheus))


@pytest.mark.parametrize("name", WORLDS)
def test_top_row_says_which_world_it_is(name, asked) -> None:
    titles = ("Reading of the cards", "Cards", "Cards lost", "Cards with a fault", "Readings that fail")
    assert tuple(single(title, asked(name)) for title in titles) == TOP[name]


@pytest.mark.parametrize("name", STATES)
def test_table_of_cards_says_the_state_of_each(name, asked) -> None:
    panel = panel_named("Cards and their state")
    found = {labels["index"]: in_words(panel, value) for labels, value in shown(panel, asked(name))}
    assert found == STATES[name]


@pytest.mark.parametrize("panel", CARD_PANELS, ids=lambda panel: panel["title"])
def test_every_card_has_a_value_or_the_reason_why_not(panel, asked) -> None:
    allowed = {
        "healthy": {"not_supported"},
        "not supported": {"not_supported"},
        "failing": {"failed", "not_supported"},
        "stale": {"stale"},
        "card lost": {"lost", "not_supported"},
        "divided": {"not_supported"},
        "sick": {"not_supported"},
    }
    for name, world in WORLDS.items():
        found = shown(panel, asked(name))
        reasons = [labels["state"] for labels, value in found if math.isnan(value)]
        cards = {labels["gpu_uuid"] for labels, _ in found if "gpu_uuid" in labels}
        expected = len(world.cards) if name in allowed else 0
        if not panel["title"].startswith(("MIG", "GPU video")):  # of instances, and over all cards
            assert len(cards) == expected, f"{name}: {found}"
        assert set(reasons) <= allowed.get(name, set()), name


@pytest.mark.parametrize("panel", CARD_PANELS, ids=lambda panel: panel["title"])
@pytest.mark.parametrize("name", ["no card", "stale", "driver broken"])
def test_no_number_is_shown_while_no_card_is_read(panel, name, asked) -> None:
    assert [found for found in shown(panel, asked(name)) if not math.isnan(found[1])] == []


@pytest.mark.parametrize(
    "title",
    ["GPU memory used", "GPU memory share", "GPU power", "GPU temperature", "Memory errors", "Remapped rows"],
)
def test_reading_that_fails_is_shown_as_failed_and_not_as_a_number(title, asked) -> None:
    of_first = [
        (labels, value) for labels, value in shown(panel_named(title), asked("failing")) if labels.get("index") == "0"
    ]
    assert {labels["state"] for labels, value in of_first if math.isnan(value)} == {"failed"}
    numbers = [labels for labels, value in of_first if not math.isnan(value)]
    # The memory's own temperature is another reading, which the card does give.
    assert len(numbers) == (1 if title == "GPU temperature" else 0)


@pytest.mark.parametrize(
    "title", ["GPU utilization", "GPU power", "GPU clocks", "PCIe traffic", "XID errors", "NVLinks up"]
)
def test_lost_card_ends_while_the_other_goes_on(title, asked) -> None:
    found = shown(panel_named(title), asked("card lost"))
    assert {labels["state"] for labels, value in found if labels.get("index") == "1"} == {"lost"}
    assert [value for labels, value in found if labels.get("index") == "0" and not math.isnan(value)]


def test_zero_is_shown_where_it_was_read(asked) -> None:
    """A watched card without an error has 0 of them; one that nobody can watch has none to show."""
    assert {value for labels, value in shown(panel_named("XID errors"), asked("healthy"))} == {0}
    unseen = shown(panel_named("XID errors"), asked("not supported"))
    assert [labels["model"] for labels, value in unseen if math.isnan(value)] == ["NVIDIA GeForce RTX 3070"]
    assert {value for labels, value in shown(panel_named("Memory errors"), asked("healthy"))} == {0}


def test_parts_of_a_divided_card_are_shown_by_instance(asked) -> None:
    shares = {
        labels["gpu_instance_id"]: value for labels, value in shown(panel_named("MIG memory share"), asked("divided"))
    }
    assert shares == {"1": pytest.approx(2 / 40), "2": pytest.approx(1 / 20)}
    assert shown(panel_named("MIG memory share"), asked("healthy")) == []


@pytest.mark.parametrize("name", WORLDS)
def test_rules_fire_for_what_is_the_matter_and_for_nothing_else(name, asked) -> None:
    firing = {rule.alert for rule in GPU_RULES if asked(name).ask(filled(rule.expr))}
    assert firing == FIRING.get(name, set())


def test_text_of_an_empty_panel_says_where_the_reason_stands() -> None:
    for panel in CARD_PANELS:
        text = panel["fieldConfig"]["defaults"]["noValue"]
        assert re.search(r"No card is (read|in MIG mode)", text), panel["title"]
