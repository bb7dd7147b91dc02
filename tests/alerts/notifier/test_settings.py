from __future__ import annotations

import os

import pytest

from alerts import build
from alerts.notifier.settings import DEFAULT_CONSOLE, NotifierSettings
from telemetry.process_settings import SettingsInvalid


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("PLAINVIEW_")]:
        monkeypatch.delenv(name)


def test_defaults_listen_on_loopback_and_keep_the_outbox_in_the_data_folder(monkeypatch):
    monkeypatch.setenv("PLAINVIEW_DATA_DIR", "/srv/data")
    settings = NotifierSettings.read()
    assert (settings.notifier_host, settings.notifier_port) == ("127.0.0.1", 9095)
    assert str(settings.database) == "/srv/data/notifier.db"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "plainview.example.org"])  # noqa: S104
def test_open_address_without_a_token_stops_the_start(monkeypatch, host):
    monkeypatch.setenv("PLAINVIEW_NOTIFIER_HOST", host)
    with pytest.raises(SettingsInvalid, match=r"PLAINVIEW_NOTIFIER_TOKEN.*" + host):
        NotifierSettings.read()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_token(monkeypatch, host):
    monkeypatch.setenv("PLAINVIEW_NOTIFIER_HOST", host)
    assert NotifierSettings.read().notifier_token is None


def test_secrets_come_from_files(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("from-a-file\n")
    monkeypatch.setenv("PLAINVIEW_NOTIFIER_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("PLAINVIEW_NOTIFIER_HOST", "0.0.0.0")  # noqa: S104
    token = NotifierSettings.read().notifier_token
    assert token is not None
    assert token.get_secret_value() == "from-a-file"


def test_secret_file_that_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("PLAINVIEW_NOTIFY_URLS_FILE", "/nowhere/urls")
    with pytest.raises(SettingsInvalid, match=r"PLAINVIEW_NOTIFY_URLS_FILE.*/nowhere/urls"):
        NotifierSettings.read()


def test_wrong_value_is_named_with_what_is_allowed(monkeypatch):
    monkeypatch.setenv("PLAINVIEW_NOTIFIER_PORT", "99999")
    with pytest.raises(SettingsInvalid, match=r"PLAINVIEW_NOTIFIER_PORT='99999'.*65535"):
        NotifierSettings.read()


def test_links_in_the_generated_rules_begin_with_the_default_console():
    """The notifier moves them to the configured console by this prefix."""
    assert build.CONSOLE_URL == DEFAULT_CONSOLE
