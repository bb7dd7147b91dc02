from __future__ import annotations

import os
import secrets
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry._secret_checks import exposure, weakness
from telemetry.process_settings import SettingsInvalid
from telemetry.settings import TelemetrySettings


@pytest.mark.parametrize(
    "value",
    [
        "changeme", "CHANGE_ME", "change-me-please", "password", "Password123", "passw0rd", "secret", "test1234", "postgres",
        "your-secret-key", "<your password>", "json://hooks.example.com/abc", "s3cr", "aaaaaaaaaaaaaaaa", "xxxxxxxx", "replace_me",
    ],
)  # fmt: skip
def test_what_examples_have_is_no_secret(value):
    assert weakness(value)
    assert value not in weakness(value)


@given(st.integers(16, 64))
def test_what_is_made_at_random_is_one(size):
    assert weakness(secrets.token_urlsafe(size)) is None


@pytest.mark.parametrize(
    "value", ["correct horse battery staple", "mailto://me:hunter22@mail.examplecorp.de", "Tr0ub4dor&3"]
)
def test_what_merely_has_a_telltale_within_a_word_is_one(value):
    assert weakness(value) is None


@pytest.mark.parametrize(
    ("mode", "told"), [(0o600, None), (0o400, None), (0o640, "its group"), (0o604, "everybody"), (0o644, "everybody")]
)
def test_file_that_others_may_read_is_told(tmp_path, mode, told):
    path = tmp_path / "token"
    path.write_text("x")
    path.chmod(mode)
    found = exposure(path)
    assert told in found.what if told else found is None


def test_file_that_is_not_there_is_not_exposed(tmp_path):
    assert exposure(tmp_path / "none") is None


@pytest.fixture
def token_file(monkeypatch, tmp_path):
    path = tmp_path / "token"
    monkeypatch.setenv("PLAINVIEW_METRICS_TOKEN_FILE", str(path))

    def write(value, mode=0o600):
        path.write_text(value)
        path.chmod(mode)
        return path

    return write


def test_placeholder_stops_a_start_in_production_with_its_name_alone(monkeypatch, token_file):
    token_file("change-me-change-me")
    monkeypatch.setenv("PLAINVIEW_ENVIRONMENT", "production")
    with pytest.raises(SettingsInvalid) as told:
        TelemetrySettings.read()
    assert str(told.value) == "PLAINVIEW_METRICS_TOKEN is a placeholder: not allowed in production."


def test_elsewhere_it_is_told_and_goes_on(capsys, token_file):
    token_file("change-me-change-me")
    assert TelemetrySettings.read().metrics_token
    assert capsys.readouterr().err == "PLAINVIEW_METRICS_TOKEN is a placeholder: production would not start with it.\n"


def told_of(path):
    return f"PLAINVIEW_METRICS_TOKEN_FILE={str(path)!r} has mode 0644, so that everybody on this host may read it (chmod 600 it)"


def test_open_file_is_told(capsys, token_file):
    path = token_file(secrets.token_urlsafe(32), 0o644)
    TelemetrySettings.read()
    assert capsys.readouterr().err == f"{told_of(path)}: production would not start with it.\n"


def test_open_file_of_this_user_stops_a_start_in_production(monkeypatch, token_file):
    path = token_file(secrets.token_urlsafe(32), 0o644)
    monkeypatch.setenv("PLAINVIEW_ENVIRONMENT", "production")
    with pytest.raises(SettingsInvalid) as told:
        TelemetrySettings.read()
    assert str(told.value) == f"{told_of(path)}: not allowed in production."
    path.chmod(0o400)
    assert TelemetrySettings.read().metrics_token


def owned_by_another(monkeypatch):
    another = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: another)


def mounted_read_only(monkeypatch):
    flags = os.ST_RDONLY
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flags))


@pytest.mark.parametrize("mount", [owned_by_another, mounted_read_only])
def test_secret_that_an_orchestrator_mounts_open_starts_and_is_told(monkeypatch, capsys, token_file, mount):
    """Mode 0444 of root, as Docker and Kubernetes have it: the process cannot change it, and lives alone in there."""
    path = token_file(secrets.token_urlsafe(32), 0o444)
    monkeypatch.setenv("PLAINVIEW_ENVIRONMENT", "production")
    mount(monkeypatch)
    assert TelemetrySettings.read().metrics_token
    assert capsys.readouterr().err == f"{told_of(path).replace('0644', '0444')}.\n"


def test_good_secret_in_a_file_of_its_owner_says_nothing(monkeypatch, capsys, token_file):
    token_file(secrets.token_urlsafe(32))
    monkeypatch.setenv("PLAINVIEW_ENVIRONMENT", "production")
    TelemetrySettings.read()
    assert capsys.readouterr().err == ""
