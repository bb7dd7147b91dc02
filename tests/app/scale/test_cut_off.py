"""Nodes that die, stand still or are cut off: their jobs are taken over in time, and what they say later is not heard."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.database.engine import open_database
from app.database.tables import run
from app.keys.store import create_key
from tests.app.cluster import Cluster, cluster
from tests.app.conftest import bearer
from tests.app.customer import Customer, Form, finished
from tests.app.processes import until
from tests.app.proxy import Proxy, proxy

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]

TAKEN_OVER_WITHIN = 40.0
KILLED, STILL, CUT, WELL = range(4)


@dataclass
class Nodes:
    cluster: Cluster
    database: Proxy
    redis: Proxy


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Two apis and four workers; `api-1` and one worker reach database and Redis through networks that can be cut."""
    with ExitStack() as stack:
        cut_off: dict[str, dict[str, str]] = {"api-1": {}, f"worker-{CUT}": {}}
        made = stack.enter_context(cluster(tmp_path_factory.mktemp("cluster"), apis=2, workers=4, of_node=cut_off))
        database = stack.enter_context(proxy(made.database.port))
        redis = stack.enter_context(proxy(made.redis.port))
        through = {
            "PLAINVIEW_DATABASE_URL": made.database.url.replace(str(made.database.port), str(database.port)),
            "PLAINVIEW_REDIS_URL": made.redis.url.replace(str(made.redis.port), str(redis.port)),
        }
        for node in made.nodes:
            node.spawn(**(through if node.name in cut_off else {}))
        for node in made.nodes:
            node.running.wait_ready()
        yield Nodes(made, database, redis)


def test_api_that_is_cut_off_says_so_and_comes_back(nodes: Nodes, form: Form) -> None:
    near, far = nodes.cluster.apis
    headers = bearer(create_key(nodes.cluster.settings, "acme")[1].text)
    with httpx.Client(headers=headers, timeout=30) as client:

        def ask(url: str) -> int:
            return client.get(f"{url}/jobs").status_code

        assert (ask(near.url), ask(far.url)) == (200, 200)
        nodes.redis.cut()
        # Limits are counted in its own memory meanwhile; nobody notices.
        assert {ask(far.url) for _ in range(5)} == {200}
        nodes.database.cut()
        until(lambda: client.get(f"{far.url}/health/ready").status_code == 503, 15)
        assert {ask(far.url) for _ in range(5)} == {503}
        assert ask(near.url) == 200
        job_id = client.post(f"{near.url}/generate", files=form).json()["job_id"]
        nodes.database.mend()
        nodes.redis.mend()
        until(lambda: client.get(f"{far.url}/health/ready").status_code == 200, 15)
        until(lambda: ask(far.url) == 200, 15)
        until(lambda: finished(client.get(f"{far.url}/status/{job_id}").json()))


def test_jobs_of_nodes_that_are_gone_are_taken_over_in_time_and_they_are_not_heard_again(
    nodes: Nodes, form: Form, wav: bytes
) -> None:
    workers = nodes.cluster.workers
    customer = Customer(nodes.cluster.apis[0].url, create_key(nodes.cluster.settings, "acme")[1].text, form)
    ids = [customer.submit("slow=4") for _ in workers]
    with open_database(nodes.cluster.settings.database) as database:

        def runs() -> list[tuple[str, str, str | None]]:
            mine = run.select().where(run.c.job_id.in_(ids))
            rows = database.read(lambda connection: connection.execute(mine).all())
            return [(row.job_id, row.worker_id, row.outcome) for row in rows]

        until(lambda: len(runs()) == len(workers))
        workers[KILLED].running.kill()
        workers[STILL].running.process.send_signal(signal.SIGSTOP)
        nodes.database.cut()
        gone = time.monotonic()
        held = {worker_id: job_id for job_id, worker_id, _ in runs()}
        lost = [held[workers[number].name] for number in (KILLED, STILL, CUT)]

        until(lambda: nodes.cluster.apis[0].log.count('"job.taken_over"') == len(lost), TAKEN_OVER_WITHIN)
        print("taken over after", round(time.monotonic() - gone, 1), "s")  # noqa: T201
        # One worker is left for three jobs of four seconds: none of them waited for anything but the one before.
        until(lambda: all(finished(customer.status(job_id)) for job_id in ids), TAKEN_OVER_WITHIN)
        workers[STILL].running.process.send_signal(signal.SIGCONT)
        nodes.database.mend()
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
    # The node that was cut off takes part again.
    nodes.cluster.apis[1].running.wait_ready()
    customer.close()
