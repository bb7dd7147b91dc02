from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from alerts.notifier.alertmanager import Group
from tests.alerts.notifier.bodies import alert, group


def test_body_of_alertmanager_is_read_and_later_keys_are_ignored():
    read = Group.model_validate(group(alert()))
    (only,) = read.alerts
    assert only.name == "ApiErrorRateHigh"
    assert only.since == datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
    assert only.until is None


def test_end_of_a_resolved_alert_is_known():
    read = Group.model_validate(group(alert(status="resolved")))
    assert read.alerts[0].until == datetime(2026, 11, 21, 10, 7, 30, tzinfo=UTC)


def test_mixed_group_is_told_in_two_parts_firing_first():
    read = Group.model_validate(group(alert(status="resolved"), alert("Other")))
    assert [status for status, _ in read.parts()] == ["firing", "resolved"]


@pytest.mark.parametrize(("status", "alive"), [("firing", True), ("resolved", False)])
def test_watchdog_is_not_told_and_counts_only_while_it_fires(status, alive):
    read = Group.model_validate(group(alert("Watchdog", status)))
    assert read.parts() == []
    assert read.carries_watchdog() is alive


@pytest.mark.parametrize("missing", ["groupKey", "alerts", "status"])
def test_body_without_what_we_need_is_refused(missing):
    body = group(alert())
    del body[missing]
    with pytest.raises(ValidationError, match=missing):
        Group.model_validate(body)
