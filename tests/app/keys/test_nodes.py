"""What one node does to a key counts on another: real processes, one database."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from app.keys.store import create_key
from app.settings import Settings
from tests.app.conftest import TINY, bearer
from tests.app.processes import ROOT, service

PROMISE = 2.0


@contextmanager
def two_nodes(environment: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """Give the addresses of two API processes that share a database."""
    with ExitStack() as stack:
        running = [stack.enter_context(service(environment, folder)) for _ in range(2)]
        starting = [node.spawn("serve") for node in running]
        for process in starting:
            process.wait_ready()
        yield running[0].url, running[1].url


@contextmanager
def traffic(url: str, key: str) -> Iterator[list[tuple[float, int]]]:
    """Ask with the key again and again, from several threads; gives when each was asked and its status."""
    answers: list[tuple[float, int]] = []
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=url, headers=bearer(key), timeout=10) as client:
            while not stop.is_set():
                asked = time.monotonic()
                answers.append((asked, client.get("/jobs").status_code))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def refused_soon(url: str, key: str, revoke: httpx.Request | list[str], environment: Mapping[str, str]) -> None:
    """Revoke while `url` is busy with the key, and hold it to the promise."""
    with traffic(url, key) as answers:
        end = time.monotonic() + 20
        while len(answers) < 20 and time.monotonic() < end:
            time.sleep(0.01)
        if isinstance(revoke, list):
            subprocess.run(
                revoke, check=True, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, timeout=60
            )
        else:
            with httpx.Client(timeout=10) as client:
                assert client.send(revoke).status_code == 200
        revoked = time.monotonic()
        time.sleep(PROMISE + 0.2)
    assert answers[0][1] == 200
    late = [status for asked, status in answers if asked >= revoked + PROMISE]
    assert late
    assert set(late) == {401}


def revocation_counts_everywhere(settings: Settings, environment: Mapping[str, str], folder: Path) -> None:
    """Revoke at one node and ask another."""
    admin = bearer(create_key(settings, "boss", role="admin")[1].text)
    with two_nodes(environment, folder) as (first, second):
        key, secret = create_key(settings, "acme")
        refused_soon(second, secret.text, httpx.Request("DELETE", f"{first}/keys/{key.id}", headers=admin), environment)


@pytest.mark.slow
def test_revoked_key_is_refused_by_every_node_within_two_seconds(settings: Settings, tmp_path: Path) -> None:
    environment = {"PLAINVIEW_HOME": str(settings.home), "PLAINVIEW_GENERATOR": TINY, "PLAINVIEW_GPU": "off"}
    revocation_counts_everywhere(settings, environment, tmp_path)


@pytest.mark.slow
def test_key_revoked_by_a_command_is_refused_within_two_seconds(settings: Settings, tmp_path: Path) -> None:
    environment = {"PLAINVIEW_HOME": str(settings.home), "PLAINVIEW_GENERATOR": TINY, "PLAINVIEW_GPU": "off"}
    key, secret = create_key(settings, "acme")
    with service(environment, tmp_path) as running:
        running.start("serve")
        command = [sys.executable, "-m", "stack.cli", "keys", "revoke", key.label]
        refused_soon(running.url, secret.text, command, environment)
