"""A real Alertmanager with the stack's own configuration posts through a real notifier to real receivers."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from stack import config
from stack.native import programs
from stack.native.ports import Ports
from stack.paths import Home
from tests.alerts.notifier import processes
from tests.alerts.notifier.receivers import free_port, hook_on

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@contextmanager
def alertmanager(home: Home, ports: Ports):
    program = programs.find("alertmanager", Home.default().root)
    token = home.secrets / "token"
    token.write_text("secret-token")
    config.render(home, ports, notifier_token_file=token, metrics_token_file=token)
    process = subprocess.Popen(
        [
            program,
            f"--config.file={home.config}/alertmanager/alertmanager.yml",
            f"--storage.path={home.data}/alertmanager",
            f"--web.listen-address=127.0.0.1:{ports.alertmanager}",
            "--cluster.listen-address=",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{ports.alertmanager}"
    try:
        _until(lambda: httpx.get(f"{url}/-/ready", trust_env=False).status_code == 200)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _until(true) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if true():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)  # the start of another program has no event to wait for
    raise AssertionError("not within 30 s")


def fire(url: str, **changes: str) -> None:
    body = [
        {"labels": {"alertname": "Drill", "severity": "page"}, "annotations": {"summary": "of the test"}, **changes}
    ]
    httpx.post(f"{url}/api/v2/alerts", json=body, trust_env=False).raise_for_status()


@pytest.mark.slow
def test_alert_arrives_and_resolves_through_a_notifier_that_was_down_at_first(tmp_path):
    home = Home(tmp_path / "home").create()
    ports = replace(Ports(), alertmanager=free_port(), notifier=free_port())
    with hook_on() as hook, alertmanager(home, ports) as url:
        fire(url, startsAt="2026-11-21T10:00:00Z")
        # Nobody listens yet: Alertmanager finds the notifier down, and tries again.
        with processes.running(
            home.data / "notifier.db",
            ports.notifier,
            PLAINVIEW_NOTIFY_URLS=hook.url,
            PLAINVIEW_NOTIFIER_TOKEN="secret-token",
        ):
            (firing,) = hook.wait(timeout=40)
            assert firing["title"] == "[FIRING] Drill: of the test"
            fire(url, startsAt="2026-11-21T10:00:00Z", endsAt="2026-11-21T10:05:00Z")
            assert hook.wait(2, timeout=60)[1]["title"] == "[RESOLVED] Drill: was: of the test"
            # Prometheus was only silent: the alert goes on, and Alertmanager sends it with its first start.
            fire(url, startsAt="2026-11-21T10:00:00Z")
            assert hook.wait(3, timeout=60)[2]["title"] == "[FIRING] Drill: of the test"
