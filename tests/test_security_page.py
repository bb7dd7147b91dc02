"""SECURITY.md names tests, settings and series that exist."""

from __future__ import annotations

import re

from alerts.notifier.settings import NotifierSettings
from app.settings import Settings
from stack.console.settings import ConsoleSettings
from stack.paths import PROJECT
from telemetry import TelemetrySettings, catalog

PAGE = (PROJECT / "SECURITY.md").read_text()


def test_every_line_of_defence_has_a_test_that_exists():
    rows = re.findall(r"^\| (.+?) \| ((?:`tests/[^`]+`(?:, )?)+) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 20
    for defence, tests in rows:
        for path in re.findall(r"`([^`]+)`", tests):
            assert re.search(r"^(async )?def test_", (PROJECT / path).read_text(), re.MULTILINE), (defence, path)


def test_settings_that_it_names_exist():
    known = set()
    for settings in (Settings, TelemetrySettings, NotifierSettings, ConsoleSettings):
        known |= settings.variables().keys()
    named = {name.removesuffix("_FILE") for name in re.findall(r"PLAINVIEW_[A-Z_]+", PAGE)}
    assert named <= known


def test_series_that_it_names_exist():
    assert {catalog.HTTP_CONNECTIONS_CUT.name, catalog.AUTH_ATTEMPTS.name} <= set(
        re.findall(r"`([a-z_]+_total)`", PAGE)
    )
