"""The service with several processes: one total, and one of them keeps house."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from app.settings import Settings
from tests.app.processes import Process, Service, service, until

pytestmark = pytest.mark.slow


@pytest.fixture
def running(settings: Settings, tmp_path: Path) -> Iterator[Service]:
    environment = {"PLAINVIEW_HOME": str(settings.home), "PLAINVIEW_GPU": "off", "XDG_RUNTIME_DIR": str(tmp_path)}
    with service(environment, tmp_path) as running:
        yield running


def samples(running: Service, name: str) -> dict[tuple[str, ...], float]:
    text = httpx.get(f"{running.url}/metrics", headers={"connection": "close"}).text
    found = [sample for family in parse(text) for sample in family.samples if sample.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in found}


def processes(running: Service) -> float:
    return sum(samples(running, "telemetry_processes").values())


def children(parent: Process) -> list[int]:
    text = Path(f"/proc/{parent.process.pid}/task/{parent.process.pid}/children").read_text()
    return [int(pid) for pid in text.split()]


def keeps_house(pid: int, settings: Settings) -> bool:
    inode = (settings.data / "locks/housekeeping").stat().st_ino
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any(line[1] == "FLOCK" and line[4] == str(pid) and line[5].endswith(f":{inode}") for line in locks)


@pytest.mark.parametrize("count", [2, 4])
def test_totals_and_house_outlive_any_process(running, settings, count):
    api = running.start("serve", PLAINVIEW_PROCESSES=str(count))
    until(lambda: processes(running) == count)
    answered = 0
    for _ in range(40):
        answered += httpx.get(f"{running.url}/health/live", headers={"connection": "close"}).status_code == 200

    def total() -> float:
        counts = samples(running, "http_server_request_duration_seconds_count")
        return sum(value for labels, value in counts.items() if "/health/live" in labels)

    assert total() == answered == 40
    for _ in range(2 * count):
        assert list(samples(running, "budget_usd")) == [("day",)]
        assert len(samples(running, "job_running")) == 1
    keeping = [pid for pid in children(api) if keeps_house(pid, settings)]
    assert len(keeping) == 1
    os.kill(keeping[0], signal.SIGKILL)
    until(lambda: any(keeps_house(pid, settings) for pid in children(api) if pid not in keeping))
    until(lambda: len(samples(running, "job_running")) == 1)
    until(lambda: processes(running) == count)
    assert total() == answered
    assert api.terminate() == 0
