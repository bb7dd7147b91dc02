"""A drill whose alert does not come says what was missing, shows the logs and leaves nothing behind."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from types import MappingProxyType

import pytest
from rich.console import Console

from stack.drill import run as drills
from stack.drill.errors import DrillFailed

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


class Harmless:
    """Begins a fault that is none."""

    name = "harmless"
    alert = "CostDayOverBudget"
    story = "Nothing happens."
    variables = MappingProxyType({})

    @asynccontextmanager
    async def prepare(self, stand):
        async with stand.serving({}):
            yield self

    async def begin(self):
        raise DrillFailed("not within 0 s: what never comes", ("api", "notifier"))

    async def mend(self):
        return "nothing to mend"


def _processes(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in entry.read_bytes() and entry.parent.name != str(os.getpid()):
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_failure_is_explained_and_everything_is_put_away(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(drills, "DRILLS", {**drills.DRILLS, "harmless": Harmless()})
    console = Console(file=StringIO(), width=160)
    assert drills.run("harmless", console=console) == 1
    said = console.file.getvalue()
    assert "drill harmless failed: not within 0 s: what never comes" in said
    assert "last lines of notifier" in said
    assert "notifier.listening" in said
    assert list(tmp_path.iterdir()) == []
    assert _processes(tmp_path) == []
