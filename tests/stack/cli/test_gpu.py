"""`plainview gpu`: the table, and the exporter that needs no service."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from stack.paths import PROJECT
from tests.fakenvml import fakenvml
from tests.parts import nvml_library

pytestmark = pytest.mark.slow


@pytest.fixture
def cards(tmp_path) -> fakenvml.State:
    """An H100 and a GeForce RTX 4090 for child processes."""
    return fakenvml.State(tmp_path / "cards", gpus=["h100", "rtx4090"])


@pytest.fixture
def environment(cards) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PLAINVIEW_", "OTEL_"))}
    return kept | cards.env(nvml_library()) | {"COLUMNS": "200", "NO_COLOR": "1"}


@pytest.fixture
def shown(environment):
    """Returns a function that runs `plainview gpu --once`."""

    def shown(**variables):
        return subprocess.run(
            [sys.executable, "-m", "stack", "gpu", "--once"],
            env=environment | variables,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    return shown


def row(answer, part):
    return next(line for line in answer.stdout.splitlines() if part in line)


def test_the_table_shows_each_card(cards, shown):
    cards.gpu(0, util__gpu=97, memory__used="20GiB", temperature=88, power_mw=631_950, clock__sm=1980)
    cards.throttle(0, "hw_thermal")
    answer = shown()
    assert answer.returncode == 0, answer.stderr
    assert re.search(r"97%.*20\.0 / 79\.6 GiB.*88 °C.*632 / 700 W.*1980 MHz.*hw thermal", row(answer, "H100"))
    assert re.search(r"n/a.*0 B / 24\.0 GiB", row(answer, "4090")), "no tensor activity on a GeForce"


@pytest.mark.slow
def test_instances_stand_below_their_card(cards, shown):
    cards.mig(0, ["3g.40gb", "1g.10gb"])
    answer = shown()
    assert "n/a" in row(answer, "H100")
    assert "40.0 GiB" in row(answer, "MIG 3g.40gb (GPU instance 1")
    assert "10.0 GiB" in row(answer, "MIG 1g.10gb (GPU instance 2")


@pytest.mark.slow
def test_a_card_that_does_not_answer_is_named_and_ends_with_1(cards, shown):
    cards.lost(1)
    answer = shown()
    assert answer.returncode == 1
    assert "does not answer" in answer.stdout
    assert "70 / 700 W" in row(answer, "H100")


def test_a_reading_that_fails_is_told_and_is_no_number(cards, shown):
    cards.error("nvmlDeviceGetPowerUsage", "UNKNOWN", slot=0)
    assert " W" not in row(shown(), "H100")
    assert "unknown" in row(shown(), "H100")


def test_a_host_without_a_gpu_is_told_why(cards, shown):
    cards.set({"driver.loaded": 0})
    answer = shown()
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr == "plainview: no GPU on this host: no NVIDIA driver here (driver_not_loaded)\n"


@pytest.mark.slow
def test_a_driver_without_cards_is_no_host_without_a_gpu(cards, shown):
    cards.unplug(0)
    cards.unplug(1)
    answer = shown()
    assert answer.returncode == 1
    assert "no GPU can be read: the driver answers but shows no cards" in answer.stderr


def test_the_simulated_card_says_so(shown):
    answer = shown(PLAINVIEW_GPU="simulated")
    assert answer.returncode == 0
    assert "Simulated H100 (not real)" in answer.stdout


@pytest.mark.slow
def test_a_wrong_setting_is_named(shown):
    answer = shown(PLAINVIEW_GPU_INTERVAL_SECONDS="0")
    assert answer.returncode == 1
    assert "PLAINVIEW_GPU_INTERVAL_SECONDS" in answer.stderr


@contextlib.contextmanager
def exporting(environment) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run `plainview gpu export`; yields the process, its address and what it told at first."""
    command = [sys.executable, "-m", "stack", "gpu", "export", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            told = process.stderr.readline()
            yield process, re.search(r"http://127\.0\.0\.1:\d+", told)[0], told
        finally:
            process.kill()


def gpu_series(address):
    text = httpx.get(f"{address}/metrics").raise_for_status().text
    return {
        (sample.name, sample.labels.get("gpu_uuid")): sample.value
        for family in parse(text)
        for sample in family.samples
        if sample.name.startswith("gpu_") and sample.name != "gpu_second_price_usd"
    }


def test_the_exporter_serves_readings_and_ends_on_sigterm(cards, environment):
    with exporting(environment) as (process, address, _):
        assert httpx.get(f"{address}/health/ready").status_code == 200
        first = gpu_series(address)
        assert first["gpu_devices", None] == 2
        (h100,) = [uuid for (name, uuid) in first if name == "gpu_memory_temperature_celsius"]
        cards.gpu(0, temperature=71)
        deadline = time.monotonic() + 10
        while gpu_series(address)["gpu_temperature_celsius", h100] != 71:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert "Traceback" not in process.stderr.read()
    calls = [call for call, *_ in cards.calls()]
    assert sum(call.startswith("nvmlInit") for call in calls) == calls.count("nvmlShutdown") == 1


@pytest.mark.slow
def test_the_exporter_says_that_there_is_no_gpu(cards, environment):
    cards.set({"driver.loaded": 0})
    with exporting(environment) as (_, address, told):
        assert "no GPU on this host" in told
        series = gpu_series(address)
        assert series.pop(("gpu_devices", None)) == 0
        assert {name for name, _ in series} == {"gpu_reader_state"}
        assert 'gpu_reader_state{state="absent"} 1.0' in httpx.get(f"{address}/metrics").text
        assert httpx.get(f"{address}/health/ready").status_code == 200


@pytest.mark.slow
def test_a_taken_port_is_named(environment):
    with exporting(environment) as (_, address, _):
        port = address.rpartition(":")[2]
        answer = subprocess.run(
            [sys.executable, "-m", "stack", "gpu", "export", "--port", port],
            env=environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert answer.returncode == 1
    assert f"cannot serve metrics on 127.0.0.1:{port}" in answer.stderr
