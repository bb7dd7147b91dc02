"""The same for what watches the service: an alert that was taken is delivered, a span that was taken is found."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.alerts.notifier import processes, receivers
from tests.alerts.notifier.bodies import alert, group
from tests.app.processes import until
from tests.kill_matrix.told import Told
from tests.stack.tracestore.test_crash import WRITER

_SECONDS_BETWEEN_ALERTS = 0.1
_DELIVERED_WITHIN = 30.0


def notifier_round(folder: Path, rng: random.Random) -> Told:
    """Post alerts, each until it is taken, as Alertmanager does; kill the notifier while it takes and delivers them."""
    # An outbox of its own: what was told in one round would be no news in the next.
    database = folder / f"outbox-{rng.randrange(10**9)}" / "outbox.db"
    database.parent.mkdir()
    port, at = receivers.free_port(), rng.uniform(0.2, 2.5)
    taken: list[str] = []
    again = 0
    stop = threading.Event()

    def alertmanager() -> None:
        nonlocal again
        number = 0
        while not stop.wait(_SECONDS_BETWEEN_ALERTS):
            name = f"Alert{number:04}"
            try:
                if processes.post(port, group(alert(name), key=name)).is_success:
                    taken.append(name)
                    number += 1
            except httpx.TransportError:
                again += 1

    thread = threading.Thread(target=alertmanager)
    with receivers.hook_on() as hook:
        with _killed_after(at, database, port, hook.url, thread):
            pass
        killed = time.monotonic()
        with processes.running(database, port, PLAINVIEW_NOTIFY_URLS=hook.url):
            time.sleep(rng.uniform(0.2, 1.0))
            stop.set()
            thread.join()

            def delivered() -> Counter[str]:
                bodies = [json.dumps(body) for body in list(hook.items)]
                return Counter({name: sum(name in body for body in bodies) for name in taken})

            wrong = []
            try:
                until(lambda: all(delivered().values()), _DELIVERED_WITHIN)
            except AssertionError:
                wrong = [f"{name} was taken and is lost" for name, times in delivered().items() if not times]
            recovered = time.monotonic() - killed
            twice = sum(times > 1 for times in delivered().values())
    answers = Counter({"delivered twice": twice})
    return Told("notifier", "notifier", at, recovered, len(taken), again, answers, wrong)


@contextmanager
def _killed_after(at: float, database: Path, port: int, url: str, thread: threading.Thread) -> Iterator[None]:
    with processes.running(database, port, PLAINVIEW_NOTIFY_URLS=url) as process:
        thread.start()
        time.sleep(at)
        process.kill()
        process.wait(10)
        yield


def tracestore_round(folder: Path, rng: random.Random) -> Told:
    """Have spans stored one after the other, kill the store meanwhile, and look for every span that it had taken."""
    path, at = folder / f"traces-{rng.randrange(10**9)}.db", rng.uniform(0.2, 2.5)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        timer = threading.Timer(at, process.kill)
        timer.start()
        said = first + process.stdout.read()
    killed = time.monotonic()
    taken = [int(line) for line in said.split("\n")[:-1]]
    with sqlite3.connect(path) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0]
        found = {bytes(row[0]) for row in connection.execute("SELECT DISTINCT trace_id FROM span")}
    connection.close()
    wrong = [f"span {number} was taken and is lost" for number in taken if number.to_bytes(16, "big") not in found]
    wrong += [] if whole == "ok" else [f"the file is damaged: {whole}"]
    seconds = time.monotonic() - killed
    return Told("tracestore", "tracestore", at, seconds, len(taken), 0, Counter({"spans found": len(found)}), wrong)
