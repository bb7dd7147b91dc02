"""What stops a start in production: each fault by its name, no value of a secret in it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from alerts.notifier.settings import NotifierSettings
from app.__main__ import WRONG_SETTINGS, main
from app.settings import Settings
from telemetry.process_settings import SettingsInvalid

GOOD = secrets.token_urlsafe(24)


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("PLAINVIEW_", "OTEL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PLAINVIEW_HOME", str(tmp_path))
    monkeypatch.setenv("PLAINVIEW_ENVIRONMENT", "production")


@pytest.mark.parametrize(
    ("set_to", "told"),
    [
        ({"AUTH_REQUIRED": "false"}, "PLAINVIEW_AUTH_REQUIRED=false, which makes everyone an administrator"),
        ({"DATABASE_URL": "postgresql+psycopg://me@db/app"}, "PLAINVIEW_DATABASE_PASSWORD is not set"),
        ({"DATABASE_URL": "postgresql+psycopg://me:changeme@db/app"}, "PLAINVIEW_DATABASE_URL is a placeholder"),
        (
            {"DATABASE_URL": "postgresql+psycopg://me@db/app", "DATABASE_PASSWORD": "postgres"},
            "PLAINVIEW_DATABASE_PASSWORD is a placeholder",
        ),
        ({"REDIS_URL": "redis://cache:6379"}, "PLAINVIEW_REDIS_PASSWORD is not set"),
        (
            {"REDIS_URL": "redis://cache:6379", "REDIS_PASSWORD": "1234"},
            "PLAINVIEW_REDIS_PASSWORD has fewer than 8 characters",
        ),
        ({"BILL_PROVIDER": "runpod"}, "PLAINVIEW_RUNPOD_API_KEY is not set"),
    ],
)
def test_start_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], set_to: dict[str, str], told: str
) -> None:
    for name, value in set_to.items():
        monkeypatch.setenv(f"PLAINVIEW_{name}", value)
    assert main(["migrate"]) == WRONG_SETTINGS
    said = capsys.readouterr().err
    assert f"{told}: not allowed in production." in said
    assert "changeme" not in said


def test_good_secrets_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PLAINVIEW_DATABASE_URL", "postgresql+psycopg://me@db/app")
    monkeypatch.setenv("PLAINVIEW_DATABASE_PASSWORD", GOOD)
    monkeypatch.setenv("PLAINVIEW_REDIS_URL", f"redis://:{GOOD}@cache:6379")
    assert Settings.read().environment == "production"
    assert capsys.readouterr().err == ""


def test_database_on_a_socket_needs_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_DATABASE_URL", "postgresql+psycopg:///app?host=/run/postgresql")
    assert Settings.read().database_password is None


def test_notifier_needs_its_token() -> None:
    with pytest.raises(SettingsInvalid, match="PLAINVIEW_NOTIFIER_TOKEN is not set: not allowed in production"):
        NotifierSettings.read()
