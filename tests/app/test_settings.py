from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import Settings
from app.typos import likely_typos
from telemetry.process_settings import SettingsInvalid


def test_wrong_value_stops_the_start_and_names_field_value_and_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_PORT", "70000")
    monkeypatch.setenv("PLAINVIEW_TIMEZONE", "Mars/Base")
    monkeypatch.setenv("PLAINVIEW_RESULT_TTL_SECONDS", "0")
    with pytest.raises(SettingsInvalid) as stopped:
        Settings.read()
    lines = stopped.value.lines
    assert sorted(line.partition("=")[0] for line in lines) == [
        "PLAINVIEW_PORT",
        "PLAINVIEW_RESULT_TTL_SECONDS",
        "PLAINVIEW_TIMEZONE",
    ]
    port = next(line for line in lines if line.startswith("PLAINVIEW_PORT"))
    assert "70000" in port
    assert "65535" in port


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("RESULTS_URL", "ftp://x", "should be like file:///FOLDER or s3://BUCKET/PREFIX"),
        ("S3_ENDPOINT", "s3.example.com", "should be like https://s3.example.com"),
        ("RUNPOD_RESOURCE", "node:x", "should be like pod:ID or endpoint:ID"),
        ("GENERATOR", "nonsense", "should be like package.module:Class"),
    ],
)
def test_form_of_a_value_is_told_by_example(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"PLAINVIEW_{variable}", value)
    with pytest.raises(SettingsInvalid) as stopped:
        Settings.read()
    assert stopped.value.lines == (f"PLAINVIEW_{variable}={value!r} is not allowed: {said}",)


@pytest.mark.parametrize("url", ["mysql://db/x", "nonsense", "sqlite"])
def test_database_of_another_kind_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_DATABASE_URL", url)
    with pytest.raises(SettingsInvalid, match=r"postgresql\+psycopg://"):
        Settings.read()


@pytest.mark.parametrize(
    "url",
    [
        "postgres://plainview:S3CRET@db/plainview",
        "mysql://plainview:S3CRET/with@signs@db/plainview",
        "mysql://:S3CRET@db",
        "mysql://db/plainview?password=S3CRET",
    ],
)
def test_password_in_a_wrong_url_is_not_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_DATABASE_URL", url)
    with pytest.raises(SettingsInvalid) as stopped:
        Settings.read()
    assert "S3CRET" not in str(stopped.value)
    assert "signs" not in str(stopped.value)
    assert str(stopped.value).startswith(f"PLAINVIEW_DATABASE_URL='{url.partition(':')[0]}://")
    assert "db" in str(stopped.value)


@pytest.mark.parametrize(
    "url", ["http://cache:6379", "redis://", "redis://cache:6379/first", "redis://cache:no", "unix://"]
)
def test_address_of_something_else_than_redis_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_REDIS_URL", url)
    with pytest.raises(SettingsInvalid, match=r"PLAINVIEW_REDIS_URL=.*redis://HOST:PORT"):
        Settings.read()


@pytest.mark.parametrize(
    "url", ["redis://cache", "rediss://cache:6380/2", "unix:///run/redis.sock", "redis://:pw@[::1]:6379/0"]
)
def test_address_of_redis_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_REDIS_URL", url)
    assert Settings.read().redis_url == url


def test_secret_comes_from_the_named_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n", encoding="utf-8")
    monkeypatch.setenv("PLAINVIEW_DATABASE_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("PLAINVIEW_DATABASE_URL", "postgresql+psycopg://me@host/db")
    settings = Settings.read()
    assert settings.database.password == "s3cret"
    assert "s3cret" not in repr(settings)


def test_secret_file_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_DATABASE_PASSWORD_FILE", "/nowhere/password")
    with pytest.raises(
        SettingsInvalid, match=r"PLAINVIEW_DATABASE_PASSWORD_FILE='/nowhere/password' .* cannot be read"
    ):
        Settings.read()


def test_durations_are_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_RESULT_TTL_SECONDS", "90.5")
    assert Settings.read().result_ttl.total_seconds() == 90.5


def test_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_BUDGET_MONTH_USD", "")
    assert Settings.read().budget_month_usd is None


def test_misspelt_setting_is_reported_and_those_of_other_parts_are_not() -> None:
    environment = {
        "PLAINVIEW_DATABSE_URL": "x",
        "PLAINVIEW_DATABASE_PASSWORD_FILE": "x",
        "PLAINVIEW_CONSOLE_HOST": "x",
        "PLAINVIEW_NOTIFIER_PORT": "x",
        "PLAINVIEW_ALERT_ERROR_RATIO": "x",
        "PLAINVIEW_GPU_PRICE_USD_PER_SECOND": "x",
        "PLAINVIEW_PORT": "x",
        "PATH": "x",
    }
    assert list(likely_typos(environment)) == [("PLAINVIEW_DATABSE_URL", "PLAINVIEW_DATABASE_URL")]


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
