from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alerts import check
from alerts.rule import Rule
from alerts.rules import RULES
from alerts.thresholds import THRESHOLDS
from dashboards.promql import result_labels

SERVICE_DOWN = next(rule for rule in RULES if rule.alert == "ServiceDown")


def test_every_rule_is_without_fault() -> None:
    assert list(check.problems()) == []


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (replace(SERVICE_DOWN, expr="upp == 0"), "ServiceDown: the expression selects upp, which nobody exports"),
        (replace(SERVICE_DOWN, summary="{{ $labels.pod }}"), "ServiceDown: a text shows $labels.pod, but"),
        (replace(SERVICE_DOWN, summary="{{ query `nope` }}"), "ServiceDown: a query in a text selects nope"),
        (replace(SERVICE_DOWN, expr='up > scalar(max(alert_threshold{alert="No"}))'), "alert_threshold{alert='No'}"),
        (replace(SERVICE_DOWN, dashboard="gone"), "ServiceDown: links to the dashboard gone"),
        (replace(SERVICE_DOWN, alert="service_down"), "service_down: the name is not in CamelCase"),
        (replace(SERVICE_DOWN, alert="ServiceUp"), "ServiceUp: has no runbook ServiceUp.md"),
    ],
    ids=["series", "label in text", "query in text", "threshold", "dashboard", "name", "runbook"],
)
def test_fault_is_named_with_its_alert(rule: Rule, fault: str) -> None:
    assert any(fault in line for line in check.problems([rule]))


def test_two_alerts_of_one_name_are_a_fault() -> None:
    assert "ServiceDown: there are 2 alerts of this name" in list(check.problems([SERVICE_DOWN, SERVICE_DOWN]))


def test_runbook_without_a_first_action_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "ServiceDown.md").write_text("# ServiceDown\n\nRead the log.\n")
    assert any("First action" in line for line in check.problems([SERVICE_DOWN], tmp_path))


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda threshold: threshold.alert)
def test_threshold_is_compared_with_by_the_alert_it_names(threshold) -> None:
    rule = next(rule for rule in RULES if rule.alert == threshold.alert.partition(":")[0])
    assert f'alert_threshold{{alert="{threshold.alert}"}}) or vector({threshold.default:g})' in rule.expr


def test_only_the_watchdog_is_nobodys_business() -> None:
    assert [rule.alert for rule in RULES if rule.severity == "none"] == ["Watchdog"]
    assert all(result_labels(rule.expr) is not None for rule in RULES if rule.alert != "Watchdog")
