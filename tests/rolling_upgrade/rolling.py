"""An upgrade under load: migrated by the new version, nodes replaced one after the other, some set back and forward again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.database.engine import open_database
from tests.app.cluster import Cluster, Node, cluster
from tests.app.conftest import bearer
from tests.app.processes import until
from tests.app.scale.traffic import Traffic, flowing
from tests.kill_matrix.invariants import broken, damaged, settled
from tests.kill_matrix.rounds import FORM, VIDEO
from tests.rolling_upgrade.balancer import Balancer, balancing
from tests.rolling_upgrade.versions import Version

SUBMITS_A_SECOND: Final = 2
LOOKS_A_SECOND: Final = 10
#: How long both versions are left to work side by side after each step.
BESIDE_SECONDS: Final = 2.0
ENDED_WITHIN: Final = 75.0
#: What a balancer that asks five times a second needs, on a busy machine.
DRAIN_SECONDS: Final = 3


@dataclass
class Upgrade:
    """A cluster of the old version, and how it is made one of the new version; `say` hears of each step."""

    nodes: Cluster
    headers: Mapping[str, str]
    environment: Mapping[str, str]
    old: Version
    new: Version
    say: Callable[[str], None]

    def play(self) -> tuple[Traffic, list[str]]:
        """Return what callers met, and a sentence for each thing that is not as it must be."""
        traffic, wrong = asyncio.run(self._under_load())
        wrong += traffic.broken
        wrong += [
            f"{number} x {name}" for name, number in traffic.answers.items() if name not in {"POST 202", "GET 200"}
        ]
        with open_database(self.nodes.settings.database, pool_size=1) as database:
            try:
                until(lambda: settled(database), ENDED_WITHIN)
            except AssertionError:
                wrong.append(f"jobs have not ended {ENDED_WITHIN:g} s after the last submit")
            wrong += broken(database, traffic.accepted)
        wrong += damaged(self.nodes, self.headers, list(traffic.accepted.values()), VIDEO)
        return traffic, wrong

    async def _under_load(self) -> tuple[Traffic, list[str]]:
        apis, workers = self.nodes.apis, self.nodes.workers
        async with balancing(apis) as balancer:
            traffic = Traffic(balancer.urls, self.headers, FORM, prompt="slow=0.2")
            async with flowing(traffic, submits=SUBMITS_A_SECOND, looks=LOOKS_A_SECOND):
                await asyncio.sleep(BESIDE_SECONDS)
                await self._migrate(balancer, self.new)
                await self._replace(balancer, [*apis, *workers], self.new)
                await self._migrate(
                    balancer, self.old
                )  # as a node does that is set back: it leaves alone what it does not know
                await self._replace(balancer, [apis[0], workers[0]], self.old)
                await self._replace(balancer, [apis[0], workers[0]], self.new)
        return traffic, balancer.wrong

    async def _migrate(self, balancer: Balancer, version: Version) -> None:
        began = time.monotonic()
        try:
            await asyncio.to_thread(version.run, "migrate", self.environment)
            self.say(f"the {version.name} version has migrated, in {time.monotonic() - began:.1f} s")
        except RuntimeError as error:
            balancer.wrong.append(str(error).rstrip().rpartition("\n")[2])
        await asyncio.sleep(BESIDE_SECONDS)

    async def _replace(self, balancer: Balancer, nodes: Sequence[Node], version: Version) -> None:
        for node in nodes:
            balancer.away.add(node.name)
            began = time.monotonic()
            try:
                status = await asyncio.to_thread(self._start_anew, node, version)
            except AssertionError:  # it stays away, and the others go on
                last = node.log.rstrip().rpartition("\n")[2]
                balancer.wrong.append(f"{node.name} did not get ready with the {version.name} version: {last}")
                continue
            balancer.away.discard(node.name)
            self.say(f"{node.name:8} is of the {version.name} version after {time.monotonic() - began:.1f} s")
            if status:
                balancer.wrong.append(f"{node.name} ended with {status} when told to stop")
            await asyncio.sleep(BESIDE_SECONDS)

    @staticmethod
    def _start_anew(node: Node, version: Version) -> int:
        status = node.running.terminate(60) if node.running.process.poll() is None else 0
        node.service.root = version.root
        node.spawn().wait_ready()
        return status


@contextmanager
def upgrading(folder: Path, old: Version, new: Version, say: Callable[[str], None]) -> Iterator[Upgrade]:
    """Give two apis and two workers that run the old version, on a database that it has made."""
    key_file = folder / "first_api_key"
    environment = {"PLAINVIEW_DRAIN_SECONDS": str(DRAIN_SECONDS), "PLAINVIEW_FIRST_KEY_FILE": str(key_file)}
    with cluster(folder, apis=2, workers=2, environment=environment, migrates=False) as nodes:
        steps = nodes.environment | {"PLAINVIEW_HOME": str(nodes.settings.home)}
        for command in ("migrate", "bootstrap"):
            old.run(command, steps)
        for node in nodes.nodes:
            node.service.root = old.root
        nodes.start()
        headers = bearer(key_file.read_text(encoding="utf-8").strip())
        yield Upgrade(nodes, headers, steps, old, new, say)
