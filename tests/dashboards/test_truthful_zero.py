"""No query of a panel or a rule makes a number of what is not known."""

from __future__ import annotations

import re

import pytest

import dashboards
from alerts.rules import RULES
from alerts.thresholds import THRESHOLDS
from dashboards.recorded import RECORDED

QUERIES = [
    *(
        pytest.param(target["expr"], id=f"{board['title']}-{panel['title']}-{target['refId']}")
        for board in dashboards.listing()
        for panel in dashboards.load(board["uid"])["panels"]
        for target in panel.get("targets", ())
    ),
    *(pytest.param(rule.expr, id=rule.alert) for rule in RULES),
    *(pytest.param(each.expr, id=each.name) for each in RECORDED),
]
#: A threshold has a default for when its notifier is away; the watchdog is meant to be there whatever there is.
DEFAULTS = {f"{threshold.default:g}" for threshold in THRESHOLDS} | {"1"}


@pytest.mark.parametrize("expr", QUERIES)
def test_nothing_is_replaced_by_a_constant(expr) -> None:
    assert not re.search(r"\bclamp(_min|_max)?\b|\bor\s+(on\s*\(\)\s*)?vector\s*\(\s*0\s*\)", expr)
    assert set(re.findall(r"vector\(([^)]*)\)", expr)) <= DEFAULTS


@pytest.mark.parametrize("expr", QUERIES)
def test_absence_is_asked_of_targets_and_heartbeats_only(expr) -> None:
    """Of a reading it would be true where a card does not have it."""
    asked = re.findall(r"absent(?:_over_time)?\((\w+)", expr)
    assert set(asked) <= {"up", "worker_heartbeat_timestamp_seconds"}


@pytest.mark.parametrize("expr", QUERIES)
def test_zero_is_only_shown_in_place_of_what_somebody_watched(expr) -> None:
    """`0 *` stands before a series that is there because something is read, never before a constant."""
    assert not re.search(r"\b0 \*\s*(vector|scalar|time)\b", expr)
