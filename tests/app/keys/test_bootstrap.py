from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.database.engine import Database
from app.database.tables import api_key
from app.keys.bootstrap import bootstrap
from app.keys.secret import parse
from app.keys.store import list_keys
from app.settings import Settings


@pytest.fixture
def first(settings: Settings) -> Settings:
    """Settings that name a file for the first key."""
    return settings.model_copy(update={"first_key_file": settings.home / "secrets" / "first_api_key"})


def path_of(settings: Settings) -> Path:
    assert settings.first_key_file is not None
    return settings.first_key_file


def test_first_key_is_written_once_for_its_owner_only(first: Settings) -> None:
    assert bootstrap(first) == "created"
    path = path_of(first)
    text = path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert bootstrap(first) == "present"
    assert path.read_text(encoding="utf-8") == text
    assert [(key.customer, key.role) for key in list_keys(first)] == [("admin", "admin")]


def test_key_in_the_file_is_stored_after_a_crash_before_its_row(first: Settings, database: Database) -> None:
    bootstrap(first)
    database.write(lambda connection: connection.execute(api_key.delete()))
    assert bootstrap(first) == "created"
    secret = parse(path_of(first).read_text(encoding="utf-8").strip())
    assert secret is not None
    assert [key.prefix for key in list_keys(first)] == [secret.prefix]


def test_no_second_first_key_when_the_file_was_taken_away(first: Settings) -> None:
    bootstrap(first)
    path_of(first).unlink()
    assert bootstrap(first) == "not needed"
    assert not path_of(first).exists()


def test_missing_setting_is_named(settings: Settings) -> None:
    with pytest.raises(ValueError, match="PLAINVIEW_FIRST_KEY_FILE"):
        bootstrap(settings)
