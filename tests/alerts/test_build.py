from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from alerts import build
from alerts.__main__ import main
from alerts.rules import RULES
from dashboards.promql import result_labels
from dashboards.recorded import RECORDED


def test_generated_rules_are_current_and_the_check_says_what_it_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"OK: {len(RULES)} alert rules")


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        assert main(["build", "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.yml").read_bytes() == (tmp_path / "b.yml").read_bytes()


def test_text_reads_back_as_the_plain_data() -> None:
    content = build.rule_file()
    assert yaml.safe_load(build.serialise(content)) == content


def test_every_alert_links_to_its_runbook_and_a_dashboard_at_the_console_given() -> None:
    content = build.rule_file(console_url="https://plainview.example/")
    rules = [rule for group in content["groups"] for rule in group["rules"] if "alert" in rule]
    assert [rule["alert"] for rule in rules] == [rule.alert for rule in RULES]
    for rule in rules:
        annotations = rule["annotations"]
        assert annotations["runbook_url"] == f"https://plainview.example/runbooks/{rule['alert']}"
        assert annotations["dashboard_url"].startswith("https://plainview.example/d/plainview-")


@pytest.mark.parametrize(
    ("hold", "written"),
    [(timedelta(0), "0s"), (timedelta(seconds=30), "30s"), (timedelta(minutes=1), "1m"), (timedelta(hours=1), "60m")],
    ids=["none", "seconds", "a minute", "an hour"],
)
def test_hold_is_written_as_prometheus_writes_durations(hold: timedelta, written: str) -> None:
    content = build.rule_file([replace(RULES[0], hold=hold)])
    assert content["groups"][0]["rules"][-1]["for"] == written


def test_a_group_records_before_its_alerts_and_each_series_once() -> None:
    groups = build.rule_file()["groups"]
    for group in groups:
        kinds = ["record" in rule for rule in group["rules"]]
        assert kinds == sorted(kinds, reverse=True), group["name"]
    recorded = [rule["record"] for group in groups for rule in group["rules"] if "record" in rule]
    assert recorded == [each.name for each in RECORDED]


@pytest.mark.parametrize("each", RECORDED, ids=lambda each: each.name)
def test_a_recorded_series_is_named_by_level_metric_and_operation_and_has_the_labels_it_says(each) -> None:
    assert re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z0-9_]+", each.name)
    assert result_labels(each.expr) == each.labels
