"""Totals of several processes against the load generator's own count, with servers as people run them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.telemetry.exposition.servers import OPENMETRICS, gunicorn, gunicorn_preloaded, ours, served, uvicorn


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


pytestmark = pytest.mark.slow

SERVERS = [
    (uvicorn, 1),
    (uvicorn, 2),
    (uvicorn, 4),
    (gunicorn, 1),
    (gunicorn, 2),
    (gunicorn, 4),
    (gunicorn_preloaded, 4),
    (ours, 2),
    (ours, 4),
]


@pytest.mark.parametrize(("command", "processes"), SERVERS)
def test_every_answer_has_the_totals_of_all_processes(command, processes, port, tmp_path):
    with served(command(port, processes), port, processes, tmp_path) as server:
        assert len(server.pids()) == processes
        for _ in range(3):
            server.load(60)
            for _ in range(processes):
                assert server.total() == server.answered
        assert server.value("shop_orders_total") == server.answered, "the app's own, in the default registry"
        if command is not ours:
            assert server.value("shop_taken_total") == server.answered, "the app's own, by its catalog"
            assert server.value("shop_serving") == processes, "as its catalog says"
        assert server.value("telemetry_processes") == processes
        assert server.value("telemetry_processes_silent_total") == 0
        assert server.exemplars() > 0
        assert set(server.samples("gpu_power_watts")) == set(server.samples("gpu_available"))
        assert len(server.samples("gpu_info")) == 1, "each card once"
        assert 0 < server.value("shop_peak_orders") <= server.answered
        assert len(server.samples("shop_shelf_items")) == processes, "of a gauge nobody knows what its sum means"


@pytest.mark.parametrize(
    ("command", "processes"),
    [(uvicorn, 1), (uvicorn, 2), (uvicorn, 4), (gunicorn, 4), (ours, 1), (ours, 4)],
)
def test_stopped_and_started_again_it_goes_on_counting(command, processes, port, tmp_path):
    with served(command(port, processes), port, processes, tmp_path) as before:
        before.load(40)  # nobody has scraped these when it stops
    with served(command(port, processes), port, processes, tmp_path) as after:
        after.load(40)
        assert after.total() == before.answered + after.answered


@pytest.mark.parametrize(("command", "processes"), [(uvicorn, 2), (uvicorn, 4), (gunicorn, 1), (gunicorn, 4)])
def test_a_rolling_restart_loses_nothing(command, processes, port, tmp_path):
    with served(command(port, processes), port, processes, tmp_path) as server:
        for _ in range(2):
            server.load(50)
            old = server.pids()
            server.process.send_signal(signal.SIGHUP)
            server.load(50)  # meanwhile
            server.wait_for_others_than(old)
            server.load(20)
            assert server.total() == server.answered


@pytest.mark.parametrize(("command", "processes"), [(uvicorn, 2), (uvicorn, 4), (gunicorn, 2), (ours, 4)])
def test_who_is_killed_loses_only_what_came_after_the_last_scrape(command, processes, port, tmp_path):
    with served(command(port, processes), port, processes, tmp_path) as server:
        server.load(60)
        scraped = server.total()
        assert scraped == server.answered
        killed = min(server.pids())
        os.kill(killed, signal.SIGKILL)
        server.wait_for_others_than({killed})
        assert server.total() == scraped
        server.load(40)
        assert server.total() == server.answered


def test_the_only_process_killed_goes_on_where_it_was_last_scraped(port, tmp_path):
    with served(uvicorn(port, 1), port, 1, tmp_path) as server:
        server.load(30)
        assert server.total() == 30
        server.process.kill()
        server.process.wait()
    with served(uvicorn(port, 1), port, 1, tmp_path) as server:
        assert server.total() == 30


def test_workers_that_are_recycled_lose_nothing(port, tmp_path):
    with served(uvicorn(port, 2, "--limit-max-requests", "30"), port, 2, tmp_path) as server:
        seen = 0.0
        for _ in range(5):
            server.load(40)
            now = server.total()
            assert now >= seen
            seen = now
        server.wait()
        assert server.total() == server.answered
        left = list(tmp_path.glob("plainview-*/*/*.lock"))
        assert len(left) <= 4, "who has ended is counted and forgotten"


def test_a_process_that_hangs_delays_a_scrape_by_a_moment_and_is_counted(port, tmp_path):
    with served(uvicorn(port, 3), port, 3, tmp_path) as server:
        server.load(60)
        assert server.total() == server.answered
        hung = min(server.pids())
        os.kill(hung, signal.SIGSTOP)
        try:
            began = time.monotonic()
            totals = {server.total() for _ in range(4)}
            assert time.monotonic() - began < 4 * 2
            assert totals == {server.answered}
        finally:
            os.kill(hung, signal.SIGCONT)
        assert server.value("telemetry_processes_silent_total") >= 1
        assert server.value("telemetry_processes") == 3


def test_two_servers_started_from_one_shell_stay_apart(port, tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as found,
    ):
        other_port = found.getsockname()[1]
    with (
        served(uvicorn(port, 2), port, 2, tmp_path) as one,
        served(uvicorn(other_port, 2), other_port, 2, tmp_path) as other,
    ):
        one.load(30)
        other.load(10)
        assert (one.total(), other.total()) == (30, 10)


def test_prometheus_finds_nothing_wrong_with_what_several_processes_show(port, tmp_path):
    promtool = shutil.which("promtool") or str(Path(__file__).parents[3] / ".plainview/bin/promtool")
    with served(uvicorn(port, 2), port, 2, tmp_path) as server:
        server.load(20)
        text = server.text()
        assert server.text(OPENMETRICS).endswith("# EOF\n")
    checked = subprocess.run((promtool, "check", "metrics"), input=text, text=True, capture_output=True, check=False)
    ours = [line for line in (checked.stdout + checked.stderr).splitlines() if not line.startswith("python_")]
    assert ours == []
