from __future__ import annotations

import pytest

from alerts.thresholds import ERROR_RATIO, QUEUE_SECONDS, THRESHOLDS, ThresholdInvalid, load


def test_defaults_hold_where_nothing_is_set() -> None:
    assert load({}) == {row.alert: row.default for row in THRESHOLDS}


def test_variable_changes_one_threshold_and_no_other() -> None:
    values = load({"PLAINVIEW_ALERT_ERROR_RATIO": "0.2", "PLAINVIEW_ALERT_QUEUE_SECONDS": " "})
    assert values[ERROR_RATIO.alert] == 0.2
    assert values[QUEUE_SECONDS.alert] == QUEUE_SECONDS.default


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5", "nan", "inf", "5%"])
def test_value_that_is_no_share_is_refused_with_variable_value_and_what_is_allowed(text: str) -> None:
    with pytest.raises(ThresholdInvalid) as caught:
        load({"PLAINVIEW_ALERT_ERROR_RATIO": text})
    assert str(caught.value) == (
        f"PLAINVIEW_ALERT_ERROR_RATIO: {text!r} is not allowed; it must be a number above 0 and at most 1"
    )
    assert (caught.value.variable, caught.value.value) == ("PLAINVIEW_ALERT_ERROR_RATIO", text)


def test_seconds_may_exceed_one() -> None:
    assert load({"PLAINVIEW_ALERT_QUEUE_SECONDS": "3600"})[QUEUE_SECONDS.alert] == 3600


def test_settings_and_labels_are_unique() -> None:
    assert len({row.variable for row in THRESHOLDS}) == len({row.alert for row in THRESHOLDS}) == len(THRESHOLDS)
