"""The notifier as a process of its own, for what only a process can show: kill -9, exit codes, signals."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PROJECT = Path(__file__).resolve().parents[3]


def environment(database: Path, port: int, **variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PLAINVIEW_", "OTEL_"))}
    return {
        **inherited,
        "PLAINVIEW_HOME": str(database.parent),
        "PLAINVIEW_NOTIFIER_DATABASE": str(database),
        "PLAINVIEW_NOTIFIER_PORT": str(port),
        "PLAINVIEW_GPU": "off",
        **variables,
    }


def start(variables: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "alerts.notifier"],
        cwd=PROJECT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def running(database: Path, port: int, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a notifier until the end of the block, or until it is killed inside; ready when the block begins."""
    process = start(environment(database, port, **variables))
    try:
        _until_ready(process, port)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def _until_ready(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}: {process.communicate()[0]}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)  # the start of another process has no event to wait for
    raise AssertionError("not ready within 30 s")


def post(port: int, body: object) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{port}/alertmanager", json=body, trust_env=False, timeout=10)
