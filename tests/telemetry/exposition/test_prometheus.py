"""What a real Prometheus makes of several processes that come and go, and of a token on /metrics."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.telemetry.exposition.prometheus import prometheus
from tests.telemetry.exposition.servers import gunicorn, served, uvicorn

pytestmark = [pytest.mark.slow, pytest.mark.integration]

TOKEN = "sixteen-letters-or-more"
ORDERS = 'sum(http_server_request_duration_seconds_count{job="api",http_route="/orders/{number}"})'
# What increase() counts from, resets included, without the part that it estimates beyond the samples.
RESETS = 'sum(resets(http_server_request_duration_seconds_count{job="api",http_route="/orders/{number}"}[10m]))'


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def token(tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return file


@pytest.mark.parametrize(("command", "processes"), [(uvicorn, 1), (uvicorn, 2), (gunicorn, 4)])
def test_prometheus_counts_what_the_load_generator_counted(command, processes, port, tmp_path, token, program):
    with prometheus(program, tmp_path, port, token) as found:
        with served(command(port, processes), port, processes, tmp_path) as server:
            server.load(50)
            found.until(ORDERS, 50)
            if processes > 1:
                killed = min(server.pids())
                os.kill(killed, signal.SIGKILL)  # nothing has come since the last scrape
                server.wait_for_others_than({killed})
                server.load(50)
                server.process.send_signal(signal.SIGHUP)
                server.load(50)
            answered = server.answered
        with served(command(port, processes), port, processes, tmp_path) as server:
            server.load(50)
            found.until(ORDERS, answered + 50)
            assert found.value(RESETS) == 0, "a total that never falls is what increase() gets right"


def test_prometheus_sends_the_token_and_gets_nothing_without_it(port, tmp_path, token, program):
    wrong = tmp_path / "wrong"
    wrong.write_text(f"{TOKEN}-not")
    environment = {"PLAINVIEW_METRICS_TOKEN_FILE": str(token)}
    with served(uvicorn(port, 2), port, 2, tmp_path, environment, token=TOKEN) as server:
        with prometheus(program, tmp_path / "right", port, token) as found:
            found.until('up{job="api"}', 1)
            found.until('sum(telemetry_processes{job="api"})', 2)
        assert server.value("telemetry_processes") == 2
        with prometheus(program, tmp_path / "wrong-one", port, wrong) as found:
            found.until('up{job="api"}', 0)
        refused = server.samples("telemetry_scrapes_refused_total")
        assert refused[(("reason", "wrong"),)] >= 1
        arguments = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in server.pids())
        assert TOKEN.encode() not in arguments
