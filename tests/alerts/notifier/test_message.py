from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notifier.alertmanager import Group
from alerts.notifier.formats import as_html, as_markdown, as_text
from alerts.notifier.message import compose, subject
from alerts.notifier.records import Notification
from alerts.notifier.runbooks import first_action
from alerts.rules import RULES
from tests.alerts.notifier.bodies import alert, group

CONSOLE = "https://gpu.example.org/plainview"


def notification(*alerts, status="firing", **changes):
    read = Group.model_validate(group(*(alerts or (alert(status=status),))))
    return Notification("key", status, read.alerts, 0.0, **changes)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (notification(), "[FIRING] ApiErrorRateHigh: 12.5% of requests fail"),
        (notification(status="resolved"), "[RESOLVED] ApiErrorRateHigh: was: 12.5% of requests fail"),
        (notification(reminder=True), "[FIRING] ApiErrorRateHigh: 12.5% of requests fail (reminder)"),
        (notification(alert(), alert("Two")), "[FIRING] ApiErrorRateHigh: 12.5% of requests fail (+1 more)"),
        (notification(alert(annotations={})), "[FIRING] ApiErrorRateHigh"),
    ],
    ids=["firing", "resolved", "reminder", "two", "no summary"],
)
def test_subject(told, line):
    assert subject(told) == line


@given(st.text(max_size=500))
def test_subject_is_one_line_that_fits_whatever_a_label_holds(text):
    line = subject(notification(alert(text, annotations={"summary": text})))
    assert len(line) <= 200
    assert "\n" not in line
    assert "\r" not in line


def test_links_of_the_rules_lead_to_the_configured_console():
    annotations = {
        "dashboard_url": "http://127.0.0.1:8080/d/plainview-overview",
        "runbook_url": "https://wiki.example.org/x",
    }
    text = as_text(compose(notification(alert(annotations=annotations)), CONSOLE))
    assert f"Dashboard: {CONSOLE}/d/plainview-overview" in text
    assert "Runbook: https://wiki.example.org/x" in text
    assert "Expression in Prometheus: http://127.0.0.1:9090/graph?g0.expr=up&g0.tab=1" in text


def test_first_action_is_quoted_from_the_runbook(tmp_path):
    (tmp_path / "ApiErrorRateHigh.md").write_text(
        "# ApiErrorRateHigh\n\n**First action:** open <http://127.0.0.1:8080/traces>.\n\nMore.\n"
    )
    assert first_action("ApiErrorRateHigh", tmp_path) == "open http://127.0.0.1:8080/traces."


def test_every_alert_that_people_are_told_about_has_a_first_action():
    assert [rule.alert for rule in RULES if rule.severity != "none" and not first_action(rule.alert)] == []


def test_first_action_leads_to_the_configured_console():
    text = as_text(compose(notification(), CONSOLE))
    assert f"First action: open {CONSOLE}/traces" in text


@pytest.mark.parametrize("name", ["NoSuchAlert", "../notifier/routes", ""])
def test_alert_without_a_runbook_has_no_first_action(name, tmp_path):
    assert first_action(name, tmp_path) == ""


def test_labels_cannot_format_or_script_a_message():
    hostile = alert("<script>x</script>", annotations={"summary": "**bold** [a](http://evil) <b>"})
    message = compose(notification(hostile), CONSOLE)
    assert "<script>" not in as_html(message)
    assert "[a](" not in as_markdown(message)
    assert "<script>" not in as_markdown(message)


def test_group_of_many_alerts_shows_ten_and_says_so():
    many = [alert(fingerprint=f"{number:016x}") for number in range(25)]
    text = as_text(compose(notification(*many, truncated=3), CONSOLE))
    assert text.count("Since:") == 10
    assert "18 more alerts of this group are in the console." in text
