from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from stack import secrets


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_native_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = {name: path.read_text() for name, path in secrets.ensure(tmp_path / "secrets").items()}
    again = {name: path.read_text() for name, path in secrets.ensure(tmp_path / "secrets").items()}
    assert first == again
    assert len(set(first.values())) == len(first)
    assert all(len(value) >= 40 for value in first.values())
    assert mode(tmp_path / "secrets") == 0o700
    assert {mode(path) for path in (tmp_path / "secrets").iterdir()} == {0o600}


def test_empty_secret_left_by_a_full_disk_is_refilled(tmp_path: Path) -> None:
    (tmp_path / "console_token").touch()
    assert secrets.ensure(tmp_path)["console_token"].read_text()


def test_consumers_of_one_secret_get_the_same_value_and_no_other_secret(tmp_path: Path) -> None:
    for consumer in {"redis", *(name for names in secrets.COMPOSE.values() for name in names)}:
        (tmp_path / consumer).mkdir()
    secrets.ensure_for_consumers(tmp_path)
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    secrets.ensure_for_consumers(tmp_path)
    assert before == {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}

    assert (tmp_path / "service" / "postgres_password").read_text() == (
        tmp_path / "postgres" / "postgres_password"
    ).read_text()
    assert [path.name for path in (tmp_path / "postgres").iterdir()] == ["postgres_password"]
    assert {path.name for path in (tmp_path / "console").iterdir()} == {
        "console_token",
        "metrics_token",
        "notifier_token",
    }
    digest = hashlib.sha256((tmp_path / "service" / "redis_password").read_bytes()).hexdigest()
    assert (tmp_path / "redis" / "users.acl").read_text() == f"user default on #{digest} ~* &* +@all\n"
    assert [path.name for path in (tmp_path / "redis").iterdir()] == ["users.acl"]
    assert len({path.read_text() for path in before}) == len(secrets.COMPOSE) + 1
