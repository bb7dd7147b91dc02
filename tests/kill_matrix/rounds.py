"""A round: customers at work, one part of the service killed at a random moment and started again, then the reckoning."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app.database.engine import Database, open_database
from app.keys.store import create_key
from tests.app.cluster import Cluster, Node, cluster
from tests.app.conftest import SAMPLES, bearer
from tests.app.processes import until
from tests.app.scale.traffic import Traffic, flowing
from tests.kill_matrix.invariants import broken, damaged, misbooked, unfinished
from tests.kill_matrix.told import Told

Victim = Literal["api", "worker", "redis", "postgresql"]
VICTIMS: tuple[Victim, ...] = ("api", "worker", "redis", "postgresql")

SUBMITS_A_SECOND = 4
LOOKS_A_SECOND = 10
RECOVERS_WITHIN = 75.0
#: Whoever starts it again takes a moment, in which others meet its absence.
LONGEST_AWAY = 3.0

#: The generator of these tests makes the sound the video.
VIDEO = (SAMPLES / "speech.wav").read_bytes()
FORM = {"image": (None, (SAMPLES / "portrait.jpg").read_bytes()), "audio": (None, VIDEO)}


@dataclass
class Arena:
    """A cluster whose parts are killed, and what is known about the lives of its workers."""

    nodes: Cluster
    database: Database
    headers: Mapping[str, str]
    rng: random.Random
    born: dict[str, float] = field(default_factory=dict)
    lived: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    kills: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        """Start every node."""
        self.born = dict.fromkeys((node.name for node in self.nodes.workers), time.monotonic())
        self.nodes.start()

    def round(self, victim: Victim) -> Told:
        """Play one round."""
        traffic = Traffic([node.url for node in self.nodes.apis], self.headers, FORM, prompt="slow=0.4", repeats=True)
        at = self.rng.uniform(0.2, 2.5)

        async def play() -> tuple[str, float]:
            async with flowing(traffic, submits=SUBMITS_A_SECOND, looks=LOOKS_A_SECOND):
                await asyncio.sleep(at)
                killed_at = time.monotonic()
                return await asyncio.to_thread(self._kill, victim), killed_at

        killed, killed_at = asyncio.run(play())
        wrong = list(traffic.broken)
        try:
            until(lambda: self.database.read(unfinished) == 0, RECOVERS_WITHIN)
        except AssertionError:
            wrong.append(f"jobs have not ended {RECOVERS_WITHIN:g} s after all runs again")
        recovered = time.monotonic() - killed_at
        until(lambda: not [each for each in broken(self.database, {}) if "deliver" in each] or _late(killed_at), 30)
        wrong += broken(self.database, traffic.accepted)
        wrong += damaged(self.nodes, self.headers, list(traffic.accepted.values()), VIDEO)
        wrong += misbooked(self.database, self._lives, self.kills)
        return Told(
            victim,
            killed,
            at,
            recovered,
            len(traffic.accepted),
            traffic.answers.pop("cut off", 0),
            traffic.answers,
            wrong,
        )

    def _lives(self) -> dict[str, float]:
        return {name: self.lived[name] + time.monotonic() - born for name, born in self.born.items()}

    def _kill(self, victim: Victim) -> str:
        """Kill, and start again as whoever runs the service would; return whom."""
        if victim == "redis":
            return self._restart(self.nodes.redis.kill, self.nodes.redis.start, victim)
        if victim == "postgresql":
            return self._restart(self.nodes.database.kill, self.nodes.database.start, victim)
        node = self.rng.choice(self.nodes.apis if victim == "api" else self.nodes.workers)
        return self._restart(lambda: self._end(node), lambda: self._begin(node), node.name)

    def _restart(self, kill: Callable[[], None], start: Callable[[], None], name: str) -> str:
        kill()
        time.sleep(self.rng.uniform(0, LONGEST_AWAY))
        start()
        return name

    def _end(self, node: Node) -> None:
        node.running.kill()
        if node in self.nodes.workers:
            self.lived[node.name] += time.monotonic() - self.born[node.name]
            self.kills[node.name] += 1

    def _begin(self, node: Node) -> None:
        if node in self.nodes.workers:
            self.born[node.name] = time.monotonic()
        node.spawn().wait_ready()


def _late(since: float) -> bool:
    return time.monotonic() - since > RECOVERS_WITHIN


@contextmanager
def arena(folder: Path, rng: random.Random) -> Iterator[Arena]:
    """Give two apis and two workers that run."""
    with cluster(folder, apis=2, workers=2) as nodes, open_database(nodes.settings.database, pool_size=1) as database:
        made = Arena(nodes, database, bearer(create_key(nodes.settings, "acme")[1].text), rng)
        made.start()
        yield made
