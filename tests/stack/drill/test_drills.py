"""The drills as a user runs them: real api, worker, notifier, Prometheus, Alertmanager, mail server and webhook."""

from __future__ import annotations

import tempfile
from io import StringIO

import pytest
from rich.console import Console

from stack.drill.run import DRILLS, run

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("stacks")]


@pytest.fixture
def console():
    return Console(file=StringIO(), width=160)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where drills make their copies."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", list(DRILLS))
def test_alert_arrives_at_both_receivers_and_resolves(name, console, folder):
    code = run(name, console=console)
    said = console.file.getvalue()
    assert code == 0, said
    assert f"drill {name} passed" in said
    assert said.index("mail server: the mail has arrived") < said.index("the fault is mended")
    assert "[RESOLVED]" in said
    assert list(folder.iterdir()) == []
