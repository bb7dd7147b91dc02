"""The service's processes, started as an operator does and killed as fate does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: A process takes three seconds; eight that start at once, on two cores that others want too, take long.
_STARTS_WITHIN = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(check: Callable[[], Any], seconds: float = 30) -> Any:
    """Return what `check` returns as soon as it is true; the wait between two looks is short against what is waited for."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def events(log: Path, name: str) -> list[dict[str, Any]]:
    """Return the lines of this name."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["event"] == name]


@dataclass(frozen=True)
class Place:
    """Where a process runs: the address that it answers at, and what its command begins with to get there."""

    address: str = "127.0.0.1"
    enter: tuple[str, ...] = ()


HERE = Place()


class Process:
    """One process of the service. Its output goes to a file that a failing test shows."""

    def __init__(
        self,
        command: str,
        environment: Mapping[str, str],
        log: Path,
        ready: str,
        *,
        place: Place = HERE,
        root: Path = ROOT,
    ) -> None:
        self.log = log
        self._ready = ready
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [*place.enter, sys.executable, "-m", "app", command],
                cwd=root,
                env={**os.environ, **environment, "PYTHONPATH": _first(root)},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    def wait_ready(self) -> None:
        def is_ready() -> bool:
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            try:
                with urllib.request.urlopen(self._ready, timeout=5) as answer:  # noqa: S310 - our own address
                    return bool(answer.status == 200)
            except OSError:
                return False

        until(is_ready, _STARTS_WITHIN)

    def kill(self) -> None:
        """End the process at once, wherever it is."""
        self.process.kill()
        self.process.wait(10)

    def terminate(self, seconds: float = 30) -> int:
        """Ask the process to stop and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


def _first(root: Path) -> str:
    return os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))


class Service:
    """An API and workers on free ports, with one environment.

    Attributes:
        root: where the code of what is started next lies.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, place: Place = HERE) -> None:
        self.root = ROOT
        self._ports = {"serve": free_port(), "worker": free_port()}
        self._folder = folder
        self._place = place
        self._environment = {
            "PLAINVIEW_CACHE_SCOPE": "off",
            "PLAINVIEW_HOST": place.address,
            "PLAINVIEW_WORKER_HOST": place.address,
            "PLAINVIEW_PORT": str(self._ports["serve"]),
            "PLAINVIEW_WORKER_PORT": str(self._ports["worker"]),
            "PLAINVIEW_RATE_LIMITS": "off",
            **environment,
        }
        self.url = f"http://{place.address}:{self._ports['serve']}"
        self.metrics_url = f"http://{place.address}:{self._ports['worker']}/metrics"
        self.started: list[Process] = []

    def spawn(self, command: str, **environment: str) -> Process:
        """Start `serve` or `worker`."""
        ready = f"http://{self._place.address}:{self._ports[command]}/health/ready"
        log = self._folder / f"{command}.log"
        process = Process(command, self._environment | environment, log, ready, place=self._place, root=self.root)
        self.started.append(process)
        return process

    def start(self, command: str, **environment: str) -> Process:
        """Start `serve` or `worker` and wait until it is ready."""
        process = self.spawn(command, **environment)
        process.wait_ready()
        return process


@contextmanager
def service(environment: Mapping[str, str], folder: Path, place: Place = HERE) -> Iterator[Service]:
    """Give a service of which nothing runs yet; whatever was started ends with the block."""
    running = Service(environment, folder, place)
    try:
        yield running
    finally:
        for process in running.started:
            if process.process.poll() is None:
                process.kill()
