from __future__ import annotations

import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

from stack import secrets
from stack.drill.stand import _plan, _unset, free_ports
from stack.native.layout import Site
from stack.native.ports import Ports
from stack.paths import PROJECT, Home


def test_ports_are_free_and_differ():
    ports = free_ports()
    assert len(set(astuple(ports))) == len(astuple(ports))
    assert not set(astuple(ports)) & set(astuple(Ports()))


def test_nothing_that_the_user_has_set_reaches_the_copy(monkeypatch, tmp_path):
    """Or a drill would break the user's own database."""
    monkeypatch.setenv("PLAINVIEW_DATABASE_URL", "postgresql+psycopg://real@db/plainview")
    monkeypatch.setenv("PLAINVIEW_DATA_DIR", "/srv/real")
    home = Home(tmp_path).create()
    site = Site(
        home, free_ports(), dict.fromkeys(("prometheus", "alertmanager"), Path("x")), secrets.ensure(home.secrets)
    )
    plan = _plan(site, frozenset({"api", "worker"}), {**_unset(), "PLAINVIEW_DATA_DIR": str(home.data)})
    assert [part.name for part in plan.parts] == ["worker", "api"]
    for part in plan.parts:
        assert part.environment["PLAINVIEW_DATABASE_URL"] == ""
        assert part.environment["PLAINVIEW_DATA_DIR"] == str(home.data)
        assert part.after == ()


def test_unknown_drill_says_which_there_are():
    command = [sys.executable, "-m", "stack.drill", "flood"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert done.returncode == 2
    assert "'cost', 'error-rate'" in done.stderr
