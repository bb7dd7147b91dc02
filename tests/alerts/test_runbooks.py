from __future__ import annotations

import re

import pytest

from alerts.check import RUNBOOKS
from alerts.rules import RULES
from alerts.thresholds import PREFIX, THRESHOLDS
from dashboards.build import boards
from dashboards.promql import result_labels
from stack.cli.application import application

NAMES = [rule.alert for rule in RULES]
PROMQL = re.compile(r"```promql\n(.*?)```", re.DOTALL)


def _text(name: str) -> str:
    return (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")


def test_every_runbook_belongs_to_an_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_runbook_has_the_parts_that_somebody_woken_up_needs(name: str) -> None:
    text = _text(name)
    assert text.startswith(f"# {name}\n")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [heading.partition(" when ")[0] for heading in headings] == ["Find the cause", "Confirm", "Do not"]


@pytest.mark.parametrize("name", NAMES)
def test_first_action_fits_a_notification(name: str) -> None:
    (line,) = [line for line in _text(name).splitlines() if line.startswith("First action: ")]
    assert 40 < len(line) < 300


@pytest.mark.parametrize("name", NAMES)
def test_queries_of_a_runbook_select_only_what_is_exported(name: str) -> None:
    for query in PROMQL.findall(_text(name)):
        assert result_labels(query) is not None


@pytest.mark.parametrize("name", NAMES)
def test_panels_that_a_runbook_names_are_on_the_dashboard_that_it_leads_to(name: str) -> None:
    shown = {board.uid: {panel.body.title for row in board.rows for panel in row.panels} for board in boards()}
    for said, uid in re.findall(r"([^\n>]*)<[^>\s]*/d/([a-z-]+)[^>]*>", _text(name)):
        assert set(re.findall(r'"([^"]+)"', said)) <= shown[uid]


def test_settings_that_runbooks_name_exist() -> None:
    named = {match for name in NAMES for match in re.findall(rf"{PREFIX}\w+", _text(name))}
    assert named <= {threshold.variable for threshold in THRESHOLDS}


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda threshold: threshold.setting)
def test_runbook_names_the_setting_that_changes_its_threshold(threshold) -> None:
    assert f"`{threshold.variable}`" in _text(threshold.alert.partition(":")[0])


@pytest.mark.parametrize("name", NAMES)
def test_commands_that_a_runbook_names_exist(name: str) -> None:
    groups = {group.name: group.typer_instance for group in application.registered_groups}
    verbs = {_verb(command) for command in application.registered_commands}
    for verb, second in re.findall(r"\./plainview ([a-z-]+)(?: ([a-z-]+))?", _text(name)):
        assert verb in verbs | groups.keys()
        if verb in groups:
            assert second in {_verb(command) for command in groups[verb].registered_commands}


def _verb(command) -> str:
    return command.name or command.callback.__name__.replace("_", "-")
