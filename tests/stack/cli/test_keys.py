"""`keys` as people type it, on a real database."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.database.migrate import migrate
from app.keys.secret import parse
from app.settings import Settings
from stack.cli import compose
from stack.cli.application import application


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs `keys` with these words and returns its result."""
    migrate(Settings(home=tmp_path))
    monkeypatch.setenv("PLAINVIEW_HOME", str(tmp_path))
    monkeypatch.setattr(compose, "running", lambda: False)

    def run(*words: str):
        return CliRunner().invoke(application, ["keys", *words])

    return run


def test_key_is_made_shown_changed_rotated_and_revoked(keys, tmp_path):
    secret = keys(
        "create", "--customer", "acme", "--name", "ci", "--limit", "10/hour", "--budget-day", "5"
    ).stdout.strip()
    key = secret[:11]
    assert parse(secret) is not None
    shown = keys("show", key).stdout
    assert "10/hour" in shown
    assert "$5.00" in shown
    assert secret not in shown
    changed = json.loads(keys("update", key, "--limit", "tier", "--scope", "jobs:read", "--json").stdout)
    assert (changed["rate_limit"], changed["scopes"], changed["name"]) == (None, ["jobs:read"], "ci")
    rotated = json.loads(keys("rotate", key, "--overlap", "0", "--json").stdout)
    assert parse(rotated["key"]) is not None
    assert (rotated["replaces"]["status"], rotated["scopes"]) == ("expired", ["jobs:read"])
    revoked = json.loads(keys("revoke", rotated["id"], "--reason", "lost", "--json").stdout)
    assert (revoked["status"], revoked["revoked_reason"]) == ("revoked", "lost")
    assert revoked["revoked_by"].startswith("cli")
    assert [each["id"] for each in json.loads(keys("list", "--status", "revoked", "--json").stdout)] == [rotated["id"]]
    noted = (tmp_path / "logs" / "keys.log").read_text()
    events = [json.loads(line)["event"] for line in noted.splitlines()]
    assert events == ["key.created", "key.changed", "key.rotated", "key.revoked"]
    assert secret not in noted
    assert rotated["key"] not in noted


def test_budget_that_comes_with_a_key_is_told(keys):
    made = keys("create", "--customer", "acme", "--budget-day", "5", "--budget-month", "0.05")
    assert made.stderr.startswith(
        "acme may spend $5.00 a day with all its keys.\nacme may spend $0.05 a month with all its keys.\n"
    )


@pytest.mark.parametrize("name", ["team:key:one", "[bold]ci", "C:\\ci\\"])
def test_name_is_shown_as_it_was_given(keys, name):
    made = json.loads(keys("create", "--customer", "acme", "--name", name, "--json").stdout)
    assert made["name"] == name
    for shown in (keys("show", made["prefix"]), keys("list")):
        assert name in shown.stdout


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["update", "KEY", "--limit", "often"], "10/hour", 2),
        (["update", "KEY", "--scope", "keys:admin"], "keys:admin", 2),
        (["update", "KEY", "--scope", "jobs:fly"], "jobs:write", 2),
        (["rotate", "KEY", "--overlap", "soon"], "30m", 2),
        (["rotate", "KEY", "--overlap", "5000w"], "'5000w' is too long: at most 90d", 2),
        (["create", "--customer", "acme", "--budget-day", "much"], "--budget-day 'much'", 2),
        (["show", "pv_aaaaaaaa_" + "a" * 43], "pv_aaaaaaaa:", 1),
        (["revoke", "nobody"], "keys list", 1),
        (["show", "nobody"], "nobody", 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_said_with_what_can(keys, words, said, code):
    key = keys("create", "--customer", "acme").stdout[:11]
    done = keys(*[key if word == "KEY" else word for word in words])
    assert done.exit_code == code
    assert said in done.stderr


def test_list_without_keys_says_so(keys):
    assert keys("list", "--customer", "nobody").stderr == "No keys.\n"


def test_ended_key_is_not_changed(keys):
    key = keys("create", "--customer", "acme").stdout[:11]
    keys("revoke", key)
    for words in (["update", key, "--name", "x"], ["rotate", key]):
        done = keys(*words)
        assert (done.exit_code, "revoked" in done.stderr) == (1, True)
