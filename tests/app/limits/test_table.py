"""The table in force: the default, what a setting changes of it, and settings that stop the start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.limits.classes import class_of
from app.limits.limiter import Limiter
from app.limits.table import NOTHING, Table, table_of
from app.settings import Settings
from telemetry import Telemetry
from telemetry.process_settings import SettingsInvalid


def limits(limiter: Limiter, *who: str) -> dict[str, str]:
    return {policy.name: str(policy.item) for policy in limiter.policies(*who)}  # type: ignore[arg-type]


@pytest.fixture
def limiter(telemetry: Telemetry) -> Limiter:
    return Limiter(Table(), None, telemetry=telemetry)  # type: ignore[arg-type]  # nothing is counted here


def test_class_and_total_join_and_classes_grow_with_the_tier(limiter: Limiter) -> None:
    assert limits(limiter, "standard", "submit") == {"submit": "10 per 1 minute", "total": "1000 per 1 minute"}
    assert limits(limiter, "premium", "submit") == {"submit": "50 per 1 minute", "total": "5000 per 1 minute"}
    assert limits(limiter, "standard", None) == {"total": "1000 per 1 minute"}


def test_own_limit_of_a_key_stands_in_for_its_total(limiter: Limiter) -> None:
    assert limits(limiter, "standard", "status", "10/hour") == {"status": "60 per 1 minute", "total": "10 per 1 hour"}
    assert limits(limiter, "admin", None, "10/hour") == {"total": "10 per 1 hour"}


def test_administrators_are_held_back_at_their_own_endpoints_only(limiter: Limiter) -> None:
    assert limits(limiter, "admin", "submit") == {}
    assert limits(limiter, "admin", "admin") == {"admin": "1000 per 1 minute"}


def test_probes_do_not_use_up_an_address(limiter: Limiter) -> None:
    assert limits(limiter, "anonymous", "health") == {"health": "60 per 1 minute"}
    assert limits(limiter, "anonymous", None) == {"total": "100 per 1 minute"}


def test_setting_changes_what_it_names_and_nothing_else(tmp_path: Path, telemetry: Telemetry) -> None:
    changes = {"tiers": {"standard": "unlimited"}, "classes": {"submit": "7/second"}, "factors": {"premium": 2.5}}
    file = tmp_path / "limits.json"
    file.write_text(json.dumps(changes), encoding="utf-8")
    toml = tmp_path / "limits.toml"
    toml.write_text(
        '[tiers]\nstandard = "unlimited"\n[classes]\nsubmit = "7 per second"\n[factors]\npremium = 2.5\n', "utf-8"
    )
    for setting in (json.dumps(changes), str(file), str(toml)):
        limiter = Limiter(table_of(setting), None, telemetry=telemetry)  # type: ignore[arg-type]
        assert limits(limiter, "standard", "submit") == {"submit": "7 per 1 second"}
        assert limits(limiter, "premium", "submit") == {"submit": "17 per 1 second", "total": "5000 per 1 minute"}
        assert limits(limiter, "standard", "status") == {"status": "60 per 1 minute"}


def test_failures_can_be_changed_and_everything_switched_off() -> None:
    assert table_of('{"failures": ["5/minute"]}').failures == ("5/minute",)
    assert table_of("off") == NOTHING
    assert table_of(None) == Table()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('{"tiers": {"gold": "1/minute"}}', "tiers.gold is not known; allowed: anonymous, standard, premium, admin"),
        ('{"class": {}}', "class is not known; allowed: tiers, classes, factors, failures"),
        ('{"classes": {"submit": "many"}}', "classes.submit='many' should be one limit such as 10/hour"),
        ('{"classes": {"submit": "0/minute"}}', "at least one request, or unlimited"),
        ('{"classes": {"submit": 10}}', "classes.submit=10 should be one limit"),
        ('{"factors": {"premium": 0}}', "factors.premium=0 should be a number above 0"),
        ('{"failures": "20/minute"}', "failures='20/minute' should be a list"),
        ('{"tiers": []}', "should have some of anonymous, standard, premium, admin"),
        ("{", "cannot be read as JSON"),
        ("nowhere.toml", "No such file"),
    ],
)
def test_wrong_setting_stops_the_start_and_says_what_is_allowed(
    setting: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAINVIEW_RATE_LIMITS", setting)
    with pytest.raises(SettingsInvalid, match="PLAINVIEW_RATE_LIMITS=") as stopped:
        Settings.read()
    assert said in str(stopped.value)


def test_every_endpoint_is_of_a_class(api: FastAPI) -> None:
    routes = [(method.upper(), path) for path, item in api.openapi()["paths"].items() for method in item]
    assert ("POST", "/generate") in routes
    without = {path for method, path in routes if class_of(method, path) is None}
    assert not without, "name their class in app/limits/classes.py"


def test_class_goes_by_whole_parts_of_the_path() -> None:
    assert class_of("GET", "/status/{job_id}/events") == "status"
    assert class_of("GET", "/statuses") is None
    assert class_of("GET", "/generate") is None
