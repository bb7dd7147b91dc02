"""Three api and three worker nodes over one PostgreSQL and one Redis are one service."""

from __future__ import annotations

import asyncio
import collections
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.database.engine import open_database
from app.database.tables import run
from app.keys.store import create_key
from tests.app.cluster import Cluster, cluster
from tests.app.conftest import bearer
from tests.app.customer import Form, finished
from tests.app.limits.floods import decided_by_redis
from tests.app.processes import until

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(120), pytest.mark.xdist_group("cluster")]

SUBMITS = 50
LIMIT = 20


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    limits = {
        "tiers": {"standard": "unlimited"},
        "classes": {"stats": f"{LIMIT}/hour", **dict.fromkeys(("submit", "upload", "status", "result"), "unlimited")},
    }
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder, environment={"PLAINVIEW_RATE_LIMITS": json.dumps(limits)}) as nodes:
        nodes.start()
        yield nodes


async def submit_at_once(nodes: Cluster, headers: dict[str, str], form: Form) -> list[httpx.Response]:
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:

        async def submit(number: int) -> httpx.Response:
            url = nodes.apis[number % len(nodes.apis)].url
            files = form | {"prompt": (None, f"slow=0.2 number {number}".encode())}
            return await client.post(f"{url}/generate", files=files)

        return await asyncio.gather(*map(submit, range(SUBMITS)))


def test_fifty_submits_spread_over_the_apis_run_once_each_spread_over_the_workers(
    nodes: Cluster, form: Form, wav: bytes
) -> None:
    headers = bearer(create_key(nodes.settings, "acme")[1].text)
    answers = asyncio.run(submit_at_once(nodes, headers, form))
    assert collections.Counter(answer.status_code for answer in answers) == {202: SUBMITS}
    ids = [answer.json()["job_id"] for answer in answers]
    assert len(set(ids)) == SUBMITS

    with httpx.Client(headers=headers, timeout=30) as client:
        for number, job_id in enumerate(ids):
            until(lambda: finished(status_at(nodes, number, client, job_id)), 60)  # noqa: B023
        # Whatever node is asked, it knows every job and has every video.
        for number in range(len(nodes.apis)):
            for job_id in ids[number::7]:
                assert status_at(nodes, number, client, job_id)["status"] == "succeeded"
                assert client.get(f"{nodes.apis[number].url}/result/{job_id}").content == wav
        # A link that one node signed is good at another.
        link = httpx.URL(client.post(f"{nodes.apis[0].url}/jobs/{ids[0]}/link").json()["url"])
        assert httpx.get(nodes.apis[1].url + link.raw_path.decode()).content == wav
    with open_database(nodes.settings.database) as database:
        runs = database.read(lambda connection: connection.execute(run.select()).all())
    assert sorted(row.job_id for row in runs) == sorted(ids)
    assert {row.outcome for row in runs} == {"succeeded"}
    shares = collections.Counter(row.worker_id for row in runs)
    assert set(shares) == {node.name for node in nodes.workers}
    assert min(shares.values()) >= SUBMITS // 10, shares


def test_limit_is_one_for_all_nodes(nodes: Cluster) -> None:
    apis = [node.url for node in nodes.apis]

    async def flood(number: int) -> collections.Counter[int]:
        headers = bearer(create_key(nodes.settings, f"eager {number}")[1].text)
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:
            urls = [f"{apis[number % len(apis)]}/jobs" for number in range(3 * LIMIT)]
            answers = await asyncio.gather(*map(client.get, urls))
        return collections.Counter(answer.status_code for answer in answers)

    assert decided_by_redis(apis, lambda number: asyncio.run(flood(number))) == {200: LIMIT, 429: 2 * LIMIT}


def test_key_revoked_at_one_node_is_refused_by_all_within_two_seconds(nodes: Cluster) -> None:
    key, secret = create_key(nodes.settings, "gone")
    admin = bearer(create_key(nodes.settings, "boss", role="admin")[1].text)
    with httpx.Client(headers=bearer(secret.text), timeout=30) as client:

        def answers() -> set[int]:
            return {client.get(f"{node.url}/status/{'0' * 32}").status_code for node in nodes.apis}

        assert answers() == {404}
        assert httpx.delete(f"{nodes.apis[0].url}/keys/{key.id}", headers=admin).status_code == 200
        until(lambda: answers() == {401}, seconds=2)


def status_at(nodes: Cluster, number: int, client: httpx.Client, job_id: str) -> dict[str, Any]:
    url = nodes.apis[number % len(nodes.apis)].url
    status: dict[str, Any] = client.get(f"{url}/status/{job_id}").json()
    return status
