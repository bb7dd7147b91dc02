"""The service as it really runs, several processes of it: told to stop, and beset by slow clients."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.database.migrate import migrate
from app.settings import Settings
from tests.app.processes import service, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_processes_say_that_they_are_not_ready_before_they_stop_answering(tmp_path: Path) -> None:
    environment = {
        "PLAINVIEW_HOME": str(tmp_path),
        "PLAINVIEW_PROCESSES": "2",
        "PLAINVIEW_DRAIN_SECONDS": "4",
        "PLAINVIEW_GPU": "off",
        "PLAINVIEW_SLOW_CLIENT_SECONDS": "2",
    }
    migrate(Settings(home=tmp_path))
    with service(environment, tmp_path) as running, httpx.Client(timeout=2) as client:
        process = running.start("serve")
        host, port = "127.0.0.1", int(running.url.rpartition(":")[2])
        with ExitStack() as slow:
            for number in range(300):
                source = (f"127.0.0.{2 + number % 3}", 0)
                held = slow.enter_context(socket.create_connection((host, port), source_address=source))
                held.sendall(b"POST /quote HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{")
            # Three hundred slow clients keep nobody waiting, and are gone soon.
            for _ in range(20):
                assert client.get(f"{running.url}/health/live").status_code == 200
            until(lambda: cuts(running.url) >= 300)
        process.process.terminate()
        until(lambda: client.get(f"{running.url}/health/ready").status_code == 503)
        # Not one process but all of them; and what still comes is answered.
        for _ in range(8):
            assert client.get(f"{running.url}/health/ready").status_code == 503
            assert client.get(f"{running.url}/health/live").status_code == 200
            assert client.get(f"{running.url}/jobs").status_code == 401
        assert process.process.wait(20) == 0


def cuts(url: str) -> float:
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("server_connections_cut_total{"))
