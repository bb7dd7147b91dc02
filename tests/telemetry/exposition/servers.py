"""Real servers with several processes, and a load generator that knows how many requests were answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OPENMETRICS = "application/openmetrics-text;version=1.0.0"

_ALONE = {"connection": "close"}
# Who gives up may be answered, and counted, all the same: its request waits in the queue of the listening socket.
_PATIENCE = 60

Command = Callable[[int, int], Sequence[str]]


def uvicorn(port: int, processes: int, *more: str) -> Sequence[str]:
    return ("uvicorn", "shop:app", "--port", str(port), "--workers", str(processes), *more)


def gunicorn(port: int, processes: int, *more: str) -> Sequence[str]:
    worker = "uvicorn.workers.UvicornWorker"
    return ("gunicorn", "shop:app", "-k", worker, "-b", f"127.0.0.1:{port}", "-w", str(processes), *more)


def gunicorn_preloaded(port: int, processes: int) -> Sequence[str]:
    return gunicorn(port, processes, "--preload")


def ours(port: int, processes: int) -> Sequence[str]:
    """An app without a line of telemetry, under our own command."""
    app_dir = ("--app-dir", str(HERE))
    return ("telemetry", "serve", "bare_shop:app", *app_dir, "--port", str(port), "--workers", str(processes))


class Server:
    """A server under its own command; `answered` counts what it answered to `load`."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        processes: int,
        runtime: Path,
        more: Mapping[str, str] = MappingProxyType({}),
        token: str = "",
    ) -> None:
        self.port = port
        self.processes = processes
        self.url = f"http://127.0.0.1:{port}"
        self.answered = 0
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PLAINVIEW_", "OTEL_"))
        }
        path = os.pathsep.join((str(HERE), str(ROOT)))
        environment |= {"PYTHONPATH": path, "XDG_RUNTIME_DIR": str(runtime), "PLAINVIEW_GPU": "simulated", **more}
        self._headers = {**_ALONE, **({"authorization": f"Bearer {token}"} if token else {})}
        self._log = runtime / "log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                (sys.executable, "-W", "ignore", "-m", *command), env=environment, stdout=log, stderr=log, cwd=runtime
            )

    def load(self, requests: int = 100) -> None:
        """Send requests over connections of their own, so that the system spreads them over the processes."""

        with ThreadPoolExecutor(4) as pool:
            codes = list(pool.map(lambda number: self._get(f"/orders/{number}").status_code, range(requests)))
        assert set(codes) == {200}
        self.answered += len(codes)

    def text(self, accept: str = "") -> str:
        return self._get("/metrics", {"accept": accept, **self._headers}).text

    def samples(self, name: str) -> dict[tuple[tuple[str, str], ...], float]:
        families = parse(self.text())
        found = [sample for family in families for sample in family.samples if sample.name == name]
        return {tuple(sorted(sample.labels.items())): sample.value for sample in found}

    def value(self, name: str) -> float:
        (value,) = self.samples(name).values()
        return value

    def total(self) -> float:
        """Return how many orders the server says it has answered."""
        counts = self.samples("http_server_request_duration_seconds_count")
        return sum(value for labels, value in counts.items() if dict(labels)["http_route"] == "/orders/{number}")

    def exemplars(self) -> int:
        families = parse_openmetrics(self.text(OPENMETRICS))
        return sum(bool(sample.exemplar) for family in families for sample in family.samples)

    def pids(self) -> set[int]:
        """Return the processes that answer, found by asking until all have."""
        seen: set[int] = set()
        until(lambda: seen.add(self._pid()) or len(seen) == self.processes, self._log)
        return seen

    def _pid(self) -> int:
        return int(self._get("/pid").text)

    def _get(self, path: str, headers: Mapping[str, str] = _ALONE) -> httpx.Response:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                return httpx.get(f"{self.url}{path}", headers=headers, timeout=_PATIENCE)
            except httpx.TransportError:  # its process ends: it was not answered
                time.sleep(0.02)
        raise AssertionError(self._log.read_text()[-4000:])

    def wait(self) -> None:
        """Wait until all processes are there."""
        until(lambda: self.value("telemetry_processes") == self.processes, self._log)

    def wait_for_others_than(self, gone: set[int]) -> None:
        """Wait until none of `gone` is there any more, and as many as ever are."""
        until(lambda: not any(Path(f"/proc/{pid}").exists() and not _is_zombie(pid) for pid in gone), self._log)
        self.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def until(holds: Callable[[], bool], log: Path, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if holds():
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s; the server says:\n{log.read_text()[-4000:]}")


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@contextmanager
def served(
    command: Sequence[str],
    port: int,
    processes: int,
    runtime: Path,
    more: Mapping[str, str] = MappingProxyType({}),
    token: str = "",
) -> Iterator[Server]:
    """Give a server whose processes are all there; they share what they know below `runtime`."""
    server = Server(command, port, processes, runtime, more, token)
    try:
        server.wait()
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
