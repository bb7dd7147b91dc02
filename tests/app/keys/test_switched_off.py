"""`PLAINVIEW_AUTH_REQUIRED=false`, for development only."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from telemetry.process_settings import SettingsInvalid
from tests.app.processes import service


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "api.example.com", "127.0.0.1.example.com"])  # noqa: S104 - that is the point
def test_open_door_to_the_network_stops_the_start(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("PLAINVIEW_AUTH_REQUIRED", "false")
    monkeypatch.setenv("PLAINVIEW_HOST", host)
    with pytest.raises(SettingsInvalid) as refused:
        Settings.read()
    for name in ("PLAINVIEW_AUTH_REQUIRED", f"PLAINVIEW_HOST={host!r}", "PLAINVIEW_AUTH_OFF_ON_NETWORK"):
        assert name in str(refused.value)
    monkeypatch.setenv("PLAINVIEW_AUTH_OFF_ON_NETWORK", "true")
    assert not Settings.read().auth_required


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_open_door_on_loopback_is_allowed(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("PLAINVIEW_AUTH_REQUIRED", "false")
    monkeypatch.setenv("PLAINVIEW_HOST", host)
    assert not Settings.read().auth_required


@pytest.mark.slow
def test_start_without_keys_is_loud(settings: Settings, tmp_path: Path) -> None:
    environment = {
        "PLAINVIEW_HOME": str(settings.home),
        "PLAINVIEW_AUTH_REQUIRED": "false",
        "PLAINVIEW_GPU": "off",
    }
    with service(environment, tmp_path) as running:
        api = running.start("serve")
        assert httpx.get(f"{running.url}/keys").status_code == 200
        assert httpx.get(f"{running.url}/health").json()["components"]["authentication"]["status"] == "degraded"
        said = api.log.read_text(encoding="utf-8")
    assert "AUTHENTICATION IS OFF" in said
    assert '"event":"auth.switched_off"' in said
