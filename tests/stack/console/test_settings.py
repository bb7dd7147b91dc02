from datetime import timedelta

import pytest

from stack.console.settings import ConsoleSettings
from telemetry.process_settings import SettingsInvalid

TOKEN = "a-token-of-thirty-two-characters"


def test_token_comes_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("PLAINVIEW_CONSOLE_TOKEN_FILE", str(tmp_path / "token"))
    assert ConsoleSettings().console_token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "PLAINVIEW_CONSOLE_TOKEN has 0 characters"),
        ({"CONSOLE_TOKEN": "short"}, "PLAINVIEW_CONSOLE_TOKEN has 5 characters"),
        ({"CONSOLE_TOKEN_FILE": "/nowhere"}, "PLAINVIEW_CONSOLE_TOKEN_FILE='/nowhere' .* No such file"),
        ({"CONSOLE_TOKEN": TOKEN, "CONSOLE_PORT": "99999"}, "65535"),
        ({"CONSOLE_TOKEN": TOKEN, "PROMETHEUS_URL": "http://user:pw@host"}, "plain base URL"),
        ({"CONSOLE_TOKEN": TOKEN, "TRACESTORE": "maybe"}, "'on' or 'off'"),
        ({"CONSOLE_TOKEN": TOKEN, "TRACESTORE_MAX_BYTES": "1000"}, "4194304"),
    ],
)
def test_wrong_settings_stop_the_start_and_say_what_is_allowed(monkeypatch, variables, message):
    for name, value in variables.items():
        monkeypatch.setenv(f"PLAINVIEW_{name}", value)
    with pytest.raises(SettingsInvalid, match=message):
        ConsoleSettings.read()


def test_secrets_do_not_show_when_settings_are_printed():
    settings = ConsoleSettings(console_token=TOKEN, notifier_token="other-secret")
    assert TOKEN not in repr(settings)
    assert "other-secret" not in repr(settings)


def test_store_is_kept_in_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("PLAINVIEW_CONSOLE_TOKEN", TOKEN)
    monkeypatch.setenv("PLAINVIEW_HOME", str(tmp_path))
    assert ConsoleSettings().store_path == tmp_path / "data" / "traces.db"
    monkeypatch.setenv("PLAINVIEW_DATA_DIR", str(tmp_path / "elsewhere"))
    assert ConsoleSettings().store_path == tmp_path / "elsewhere" / "traces.db"
    monkeypatch.setenv("PLAINVIEW_TRACESTORE_PATH", str(tmp_path / "t.db"))
    monkeypatch.setenv("PLAINVIEW_TRACESTORE_MAX_AGE_SECONDS", "3600")
    settings = ConsoleSettings()
    assert settings.store_path == tmp_path / "t.db"
    assert settings.store_limits.age == timedelta(hours=1)
