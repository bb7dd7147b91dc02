"""Told to stop under load, one node after the other: no answer is missing and no accepted job is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Connection, select

from app.database.engine import open_database
from app.database.tables import job, run
from app.keys.store import create_key
from tests.app.cluster import Cluster, Node, cluster
from tests.app.conftest import bearer
from tests.app.customer import Form
from tests.app.processes import until
from tests.app.scale.traffic import Traffic, flowing

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    environment = {"PLAINVIEW_SHUTDOWN_GRACE_SECONDS": "15"}
    with cluster(tmp_path_factory.mktemp("cluster"), apis=2, workers=2, environment=environment) as nodes:
        nodes.start()
        yield nodes


def stopped(node: Node) -> int:
    """Stop the node, start it again, and return how it ended."""
    status = node.running.terminate()
    node.spawn().wait_ready()
    return status


def states(connection: Connection) -> Sequence[str]:
    return connection.scalars(select(job.c.state)).all()


def test_apis_and_workers_are_restarted_under_load(nodes: Cluster, form: Form) -> None:
    headers = bearer(create_key(nodes.settings, "acme")[1].text)
    traffic = Traffic([node.url for node in nodes.apis], headers, form, prompt="slow=0.1")

    async def rolling() -> list[int]:
        async with flowing(traffic, submits=4, looks=12):
            return [await asyncio.to_thread(stopped, node) for node in nodes.nodes]

    statuses = asyncio.run(rolling())
    assert traffic.broken == []
    assert statuses == [0] * len(nodes.nodes)
    assert set(traffic.answers) <= {"POST 202", "GET 200", "POST 503", "GET 503", "refused"}, traffic.answers
    with open_database(nodes.settings.database) as database:
        until(lambda: set(database.read(states)) == {"succeeded"}, 60)
        runs = database.read(lambda connection: connection.execute(run.select()).all())
    assert len(set(traffic.accepted.values())) > 20
    assert sorted(row.job_id for row in runs if row.outcome == "succeeded") == sorted(traffic.accepted.values())
    assert {row.outcome for row in runs} <= {"succeeded", "handed_back"}, Counter(row.outcome for row in runs)
