"""The service as it really runs, several processes of it: told to stop, and beset by slow clients."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.database.migrate import migrate
from app.keys.store import create_key
from app.settings import Settings
from tests.app.processes import events, service, until

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


def test_request_that_does_not_end_in_time_is_told_to_come_back(tmp_path: Path) -> None:
    environment = {"PLAINVIEW_HOME": str(tmp_path), "PLAINVIEW_GPU": "off", "PLAINVIEW_SHUTDOWN_GRACE_SECONDS": "1"}
    settings = Settings(home=tmp_path)
    migrate(settings)
    key = create_key(settings, "acme")[1].text
    with service(environment, tmp_path) as running:
        process = running.start("serve")
        address = ("127.0.0.1", int(running.url.rpartition(":")[2]))
        with socket.create_connection(address) as client, client.makefile("rb") as answer:
            head = (
                f"POST /generate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 1000\r\n"
            )
            client.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n".encode())
            until(lambda: any((tmp_path / "data" / "uploads").iterdir()))
            process.process.terminate()
            text = answer.read().decode()
        assert text.startswith("HTTP/1.1 503 ")
        assert "\r\nretry-after: 2\r\n" in text
        assert '"code":"shutting_down"' in text
        assert process.process.wait(20) == 0
        (line,) = (line for line in events(process.log, "http.request") if line["route"] == "/generate")
        assert line["status"] == 503


def cuts(url: str) -> float:
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("server_connections_cut_total{"))
