"""A key that an older deployment had in its environment."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.application import create_app
from app.database.engine import open_async_database
from app.keys.environment import migrate_key
from app.keys.store import list_keys, revoke_key, rotate_key
from app.settings import Settings
from telemetry import Telemetry
from telemetry.process_settings import SettingsInvalid
from tests.app.conftest import bearer, client_of

OLD = "Zk3!kd93-mQpL0x_vN7s2Yb"


@pytest.fixture
def upgraded(settings: Settings) -> Settings:
    """Settings of a service that had one key in its environment."""
    return settings.model_copy(update={"api_key": SecretStr(OLD), "api_key_customer": "old shop"})


async def test_old_key_works_and_is_stored_once_as_a_hash(
    upgraded: Settings, telemetry: Telemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    async with client_of(create_app(upgraded, telemetry)) as client:
        assert (await client.get("/jobs", headers=bearer(OLD))).status_code == 200
        assert (await client.get("/keys", headers=bearer(OLD))).json()["code"] == "role_required"
        assert (await client.get("/jobs", headers=bearer(f"{OLD}x"))).json()["code"] == "key_unknown"
    (key,) = list_keys(upgraded)
    assert (key.customer, key.origin, key.role, key.status(key.created_at)) == (
        "old shop",
        "environment",
        "customer",
        "active",
    )
    assert key.label.startswith("env_")
    said = capsys.readouterr().out
    assert "key.migrated" in said
    assert OLD not in said
    assert OLD.encode() not in b"".join(path.read_bytes() for path in upgraded.data.glob("plainview.db*"))


async def test_it_is_migrated_once_whatever_was_done_to_it_since(upgraded: Settings, telemetry: Telemetry) -> None:
    async with open_async_database(upgraded.database) as database:
        first = await migrate_key(database, upgraded)
        assert first is not None
        assert await migrate_key(database, upgraded) is None
    revoke_key(upgraded, first.label, by="me")
    async with client_of(create_app(upgraded, telemetry)) as client:
        refused = await client.get("/jobs", headers=bearer(OLD))
    assert (refused.status_code, refused.json()["code"]) == (401, "key_revoked")
    assert len(list_keys(upgraded)) == 1


async def test_nodes_that_start_together_store_it_once(upgraded: Settings) -> None:
    async with open_async_database(upgraded.database) as database:
        stored = await asyncio.gather(*(migrate_key(database, upgraded) for _ in range(5)))
    assert sum(key is not None for key in stored) == 1
    assert len(list_keys(upgraded)) == 1


async def test_rotation_gives_it_our_form(upgraded: Settings) -> None:
    async with open_async_database(upgraded.database) as database:
        key = await migrate_key(database, upgraded)
    assert key is not None
    old, new, secret = rotate_key(upgraded, key.label)
    assert (old.replaced_by, new.label, new.customer) == (new.id, f"pv_{secret.prefix}", "old shop")


async def test_key_that_commands_send_is_not_stored(settings: Settings) -> None:
    ours = settings.model_copy(update={"api_key": SecretStr("pv_test")})
    async with open_async_database(settings.database) as database:
        assert await migrate_key(database, ours) is None


@pytest.mark.parametrize(
    "weak",
    [
        "short",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "with blanks in between them",
        "please-change-me-now-2026",
        "your-api-key-goes-here-9",
        "schlüssel-mit-umlaut-1234",
        "x" * 201,
    ],
)
def test_weak_key_stops_the_start_and_is_not_shown(monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    monkeypatch.setenv("PLAINVIEW_API_KEY", weak)
    with pytest.raises(SettingsInvalid, match=r"^PLAINVIEW_API_KEY=\(hidden\) is not allowed: ") as refused:
        Settings.read()
    assert weak not in str(refused.value)


@pytest.mark.parametrize("old", [OLD, "0f8e1d2c3b4a59687766554433221100", "8f14e45f-ceea-467f-9b1c-2d3f4a5b6c7d"])
def test_ordinary_old_key_is_strong_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, old: str) -> None:
    (tmp_path / "key").write_text(f"{old}\n")
    monkeypatch.setenv("PLAINVIEW_API_KEY_FILE", str(tmp_path / "key"))
    found = Settings.read().api_key
    assert found is not None
    assert found.get_secret_value() == old
