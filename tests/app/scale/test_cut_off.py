"""Nodes that die, stand still or are cut off: their jobs are taken over in time, and what they say later is not heard.

Each node is in a network namespace of its own where this host lets us make them. One api loses its connections, another
api and a worker lose their packets, without a reset and without an ICMP message. Elsewhere connections end for that worker.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import text

from app.database.engine import open_database
from app.database.tables import run
from app.keys.store import create_key
from tests.app.cluster import Cluster, Node, cluster
from tests.app.conftest import bearer
from tests.app.customer import Customer, Form, finished
from tests.app.namespaces import network, refuse, why_not
from tests.app.processes import until
from tests.app.proxy import proxy
from tests.app.scale.traffic import Traffic, flowing
from tests.kill_matrix.invariants import broken, settled

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("cut-off")]

TAKEN_OVER_WITHIN = 40.0
#: Ten seconds without a word from the database, what a submit does before, and a busy machine's slowness.
ANSWERED_WITHIN = 30.0
#: Of itself a server holds connections of a node that is gone for two hours, and no more than a hundred in all.
LET_GO_WITHIN = 30.0
NEAR, ENDED, LOST = range(3)
KILLED, STILL, CUT, WELL = range(4)


class Connection(Protocol):
    """What a node reaches something over."""

    def cut(self) -> None: ...
    def mend(self) -> None: ...


@dataclass
class Ways:
    """A node's ways to what it depends on."""

    database: Connection
    redis: Connection


@dataclass
class Nodes:
    """The cluster; `ways` of the nodes that can be cut off, by name; and why, where so, none of them loses packets."""

    cluster: Cluster
    ways: dict[str, Ways]
    unable: str | None


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    unable = why_not()
    with ExitStack() as stack:
        wires = None if unable else stack.enter_context(network())
        made = stack.enter_context(
            cluster(tmp_path_factory.mktemp("cluster"), apis=2 if unable else 3, workers=4, network=wires)
        )
        ways = {}
        for node in made.nodes:
            if node.name == f"api-{ENDED}" or (unable and node.name == f"worker-{CUT}"):
                ways[node.name] = behind_proxies(stack, made, node)
            else:
                node.spawn()
                if node.branch is not None:
                    ways[node.name] = Ways(node.branch.database, node.branch.redis)
        for node in made.nodes:
            node.running.wait_ready()
        yield Nodes(made, ways, unable)


def behind_proxies(stack: ExitStack, nodes: Cluster, node: Node) -> Ways:
    """Start a node whose connections can be ended."""
    host = "127.0.0.1" if node.branch is None else node.branch.database.hub_address
    database, redis = (stack.enter_context(proxy(each.port, host)) for each in (nodes.database, nodes.redis))
    node.spawn(
        PLAINVIEW_DATABASE_URL=nodes.database.url_at(host, database.port),
        PLAINVIEW_REDIS_URL=nodes.redis.url_at(host, redis.port),
    )
    return Ways(database, redis)


def connections_from(connection: DatabaseConnection, node: Node) -> int:
    assert node.branch is not None
    held = text("SELECT count(*) FROM pg_stat_activity WHERE client_addr = CAST(:address AS inet)")
    return connection.execute(held, {"address": node.branch.database.node_address}).scalar_one()


@pytest.mark.parametrize(
    "number", [pytest.param(ENDED, id="connections-end"), pytest.param(LOST, id="packets-are-lost")]
)
def test_api_that_is_cut_off_says_so_in_time_loses_nothing_and_comes_back(
    nodes: Nodes, number: int, form: Form
) -> None:
    if number == LOST and nodes.unable:
        refuse(nodes.unable)
    near, far = nodes.cluster.apis[NEAR], nodes.cluster.apis[number]
    ways = nodes.ways[far.name]
    headers = bearer(create_key(nodes.cluster.settings, f"acme-{number}")[1].text)
    traffic = Traffic([near.url, far.url], headers, form, repeats=True)

    async def cut_for_a_while() -> httpx.Response:
        async with flowing(traffic, submits=4, looks=10), httpx.AsyncClient(headers=headers, timeout=60) as client:

            async def readiness(status: int) -> None:
                ready = f"{far.url}/health/ready"
                await asyncio.to_thread(until, lambda: httpx.get(ready).status_code == status, ANSWERED_WITHIN)

            # Limits are counted in its own memory meanwhile; nobody notices.
            ways.redis.cut()
            assert {(await client.get(f"{far.url}/jobs")).status_code for _ in range(5)} == {200}
            ways.database.cut()
            await readiness(503)
            refused = await client.get(f"{far.url}/jobs")
            assert (await client.get(f"{near.url}/health/ready")).status_code == 200
            ways.database.mend()
            ways.redis.mend()
            await readiness(200)
            return refused

    refused = asyncio.run(cut_for_a_while())
    assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
    assert traffic.broken == []
    assert set(traffic.answers) <= {"POST 202", "GET 200", "POST 503", "GET 503"}, traffic.answers
    assert traffic.longest < ANSWERED_WITHIN, traffic.longest
    with open_database(nodes.cluster.settings.database) as database:
        until(lambda: settled(database), 60)
        assert list(broken(database, traffic.accepted)) == []


def test_jobs_of_nodes_that_are_gone_are_taken_over_in_time_and_they_are_not_heard_again(
    nodes: Nodes, form: Form, wav: bytes
) -> None:
    workers = nodes.cluster.workers
    customer = Customer(nodes.cluster.apis[NEAR].url, create_key(nodes.cluster.settings, "acme")[1].text, form)
    ids = [customer.submit("slow=4") for _ in workers]
    with open_database(nodes.cluster.settings.database) as database:

        def runs() -> list[tuple[str, str, str | None]]:
            mine = run.select().where(run.c.job_id.in_(ids))
            rows = database.read(lambda connection: connection.execute(mine).all())
            return [(row.job_id, row.worker_id, row.outcome) for row in rows]

        def taken_over() -> int:
            return sum(api.log.count('"job.taken_over"') for api in nodes.cluster.apis)

        until(lambda: len(runs()) == len(workers))
        workers[KILLED].running.kill()
        workers[STILL].running.process.send_signal(signal.SIGSTOP)
        ways = nodes.ways[workers[CUT].name]
        ways.database.cut()
        ways.redis.cut()
        gone = time.monotonic()
        held = {worker_id: job_id for job_id, worker_id, _ in runs()}
        lost = [held[workers[number].name] for number in (KILLED, STILL, CUT)]

        until(lambda: taken_over() >= len(lost), TAKEN_OVER_WITHIN)
        print("taken over after", round(time.monotonic() - gone, 1), "s")  # noqa: T201
        # One worker is left for three jobs of four seconds: none of them waited for anything but the one before.
        until(lambda: all(finished(customer.status(job_id)) for job_id in ids), TAKEN_OVER_WITHIN)
        if not nodes.unable:
            until(lambda: database.read(connections_from, workers[CUT]) == 0, LET_GO_WITHIN)
        workers[STILL].running.process.send_signal(signal.SIGCONT)
        ways.database.mend()
        ways.redis.mend()
        for number in (STILL, CUT):
            until(lambda: "job.run_superseded" in workers[number].log, 60)  # noqa: B023
            workers[number].running.wait_ready()
        assert {customer.status(job_id)["status"] for job_id in ids} == {"succeeded"}
        assert {customer.result(job_id) == wav for job_id in ids} == {True}
        ended = [(job_id, outcome) for job_id, _, outcome in runs()]
    assert sorted(ended) == sorted([(job_id, "succeeded") for job_id in ids] + [(job_id, "lost") for job_id in lost])
    # What came too late is not kept either.
    shared = Path(str(nodes.cluster.settings.home)).parent / "shared" / "results"
    assert sorted(path.name.partition("-")[0] for path in shared.iterdir() if path.name[:32] in ids) == sorted(ids)
    customer.close()
