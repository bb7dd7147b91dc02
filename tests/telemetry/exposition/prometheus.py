"""A real Prometheus that scrapes as the stack's own configuration says, only more often."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from stack import config
from stack.native.ports import Ports
from stack.paths import Home

_OFTEN = {"scrape_interval: 5s": "scrape_interval: 300ms", "scrape_timeout: 4s": "scrape_timeout: 300ms"}


class Prometheus:
    """Answers queries."""

    def __init__(self, url: str) -> None:
        self._url = url

    def value(self, query: str) -> float | None:
        """Return the only value of a query, None without one."""
        found = httpx.get(f"{self._url}/api/v1/query", params={"query": query}).json()["data"]["result"]
        return float(found[0]["value"][1]) if len(found) == 1 else None

    def until(self, query: str, value: float, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while (found := self._asked(query)) != value:
            assert time.monotonic() < end, f"{query} is {found}, not {value}"
            time.sleep(0.1)

    def _asked(self, query: str) -> float | None:
        try:
            return self.value(query)
        except (httpx.TransportError, ValueError):  # it is starting
            return None


@contextmanager
def prometheus(program: Callable[[str], Path], folder: Path, port: int, token: Path) -> Iterator[Prometheus]:
    """Give a Prometheus that scrapes the service at `port`, and sends what the file `token` holds."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    folder.mkdir(exist_ok=True)
    home = Home(folder / "home").create()
    (folder / "unused").write_text("unused")
    config.render(home, Ports(api=port), notifier_token_file=folder / "unused", metrics_token_file=token)
    file = home.config / "prometheus" / "prometheus.yml"
    text = file.read_text()
    assert token.read_text() not in text
    for slowly, often in _OFTEN.items():
        assert slowly in text
        text = text.replace(slowly, often)
    file.write_text(text)
    command = [
        str(program("prometheus")),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{own}",
        "--log.level=error",
    ]
    process = subprocess.Popen(command)
    try:
        yield Prometheus(f"http://127.0.0.1:{own}")
    finally:
        process.terminate()
        process.wait(20)
