"""A real Prometheus, over data that was written beforehand or over what it scrapes."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest


@dataclass(frozen=True)
class Prometheus:
    """Answers queries as of `end`, in Unix seconds."""

    url: str
    end: int

    def at(self, end: int) -> Prometheus:
        """Return the same server as of another time."""
        return replace(self, end=end)

    def ask(self, expr: str) -> list[dict[str, Any]]:
        """Return the series of an instant query, Grafana's variables filled in as it would."""
        filled = expr.replace("$__rate_interval", "1m")
        answer = httpx.post(f"{self.url}/api/v1/query", data={"query": filled, "time": self.end}, timeout=10).json()
        assert answer["status"] == "success", f"{answer.get('error')}\n{expr}"
        return answer["data"]["result"]


@contextmanager
def serving(program: Callable[[str], Path], folder: Path, text: str, end: int) -> Iterator[Prometheus]:
    """Serve the samples of an OpenMetrics text with times."""
    (folder / "data.om").write_text(text)
    blocks = [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", folder / "data.om", folder / "data"]
    subprocess.run(blocks, check=True, capture_output=True)
    with _running(program, folder, "global: {}\n") as url:
        yield Prometheus(url, end)


@contextmanager
def scraping(program: Callable[[str], Path], folder: Path, target: str) -> Iterator[str]:
    """Scrape one target each second; yield the address to ask."""
    config = (
        "global: {scrape_interval: 1s}\n"
        f"scrape_configs: [{{job_name: cards, static_configs: [{{targets: ['{target}']}}]}}]\n"
    )
    with _running(program, folder, config) as url:
        yield url


@contextmanager
def _running(program: Callable[[str], Path], folder: Path, config: str) -> Iterator[str]:
    (folder / "prometheus.yml").write_text(config)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            _await_ready(process, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=10)


def _await_ready(process: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"Prometheus ended: {process.stderr.read()}")
        try:
            if httpx.get(f"{url}/-/ready", timeout=1).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("Prometheus was not ready within 30 seconds")
