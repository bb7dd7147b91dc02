"""Mutants of good files are accepted or refused, and nothing else; `python -m tests.fuzz_inputs --cases 10000` runs more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.keys.store import create_key
from app.settings import Settings
from tests.app.conftest import TINY
from tests.app.processes import Service, service
from tests.fuzz_inputs import examine, submit


@pytest.fixture
def running(settings: Settings, tmp_path: Path) -> Iterator[Service]:
    environment = {"PLAINVIEW_HOME": str(settings.home), "PLAINVIEW_GENERATOR": TINY, "PLAINVIEW_GPU": "off"}
    with service(environment, tmp_path) as running:
        running.start("serve")
        running.start("worker")
        yield running


@pytest.mark.slow
def test_mutants_end_no_reader_and_pass_no_bound() -> None:
    tally = examine(cases=300, seed=5)
    assert tally.bad == []
    assert {"refused by the check", "refused by the decoder", "decoded"} <= set(tally.verdicts)
    assert tally.most_memory < 200 * 2**20
    assert tally.most_cpu < 5


@pytest.mark.slow
def test_service_answers_mutants_with_what_is_documented(running: Service, settings: Settings) -> None:
    key = create_key(settings, "fuzz", role="admin")[1].text
    tally = submit(cases=100, seed=5, url=running.url, key=key)
    assert tally.bad == []
    assert {"202", "422"} <= set(tally.verdicts)
    assert all(process.process.poll() is None for process in running.started)
