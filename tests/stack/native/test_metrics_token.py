"""Which token Prometheus is given: the one that the parts ask for, whoever chose it."""

import stat

import pytest

from stack.native import launch, layout
from stack.native.layout import Site
from stack.native.ports import Ports
from stack.paths import Home

TOKEN = "sixteen-letters-or-more"
ASKING = {"api", "worker", "notifier", "console"}


@pytest.fixture
def site(tmp_path, monkeypatch):
    for name in ("PLAINVIEW_METRICS_TOKEN", "PLAINVIEW_METRICS_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    home = Home(tmp_path).create()
    made = {name: home.secrets / name for name in ("console_token", "metrics_token", "notifier_token")}
    return Site(home, Ports(), programs={}, secrets=made)


def test_without_a_setting_it_is_one_that_nobody_asks_for(site):
    assert launch.metrics_token(site) == site.secrets["metrics_token"]
    assert not any("PLAINVIEW_METRICS_TOKEN" in name for part in layout.settings(site).values() for name in part)


def test_a_token_in_the_environment_goes_into_a_file_of_the_owners(site, monkeypatch):
    monkeypatch.setenv("PLAINVIEW_METRICS_TOKEN", TOKEN)
    file = launch.metrics_token(site)
    assert file.read_text() == TOKEN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_parts_that_show_metrics_are_told_and_no_others(site, monkeypatch, tmp_path):
    monkeypatch.setenv("PLAINVIEW_METRICS_TOKEN_FILE", str(tmp_path / "own"))
    assert launch.metrics_token(site) == tmp_path / "own"
    told = {part for part, given in layout.settings(site).items() if "PLAINVIEW_METRICS_TOKEN_FILE" in given}
    assert told == ASKING
