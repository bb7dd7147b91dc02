"""The console in front of a real Prometheus that scrapes the console: the queries that the page sends."""

import asyncio
import re
import socket
import subprocess
import time

import httpx
import pytest

from stack.console.app import create_app
from stack.console.settings import ConsoleSettings
from tests.stack.console.conftest import TOKEN, sign_in
from tests.stack.tracestore.serving import serving

pytestmark = pytest.mark.integration

CONFIGURATION = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs: [{{job_name: console, static_configs: [{{targets: ["{target}"]}}]}}]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def prometheus(program, tmp_path):
    """Start a Prometheus on a free port that scrapes one target; return its URL."""
    processes = []

    def start(port: int, target: str) -> None:
        (tmp_path / "prometheus.yml").write_text(CONFIGURATION.format(target=target))
        command = [
            str(program("prometheus")),
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage",
            "--log.level=warn",
        ]
        processes.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=20)


async def answered(client: httpx.AsyncClient, path: str, **query) -> dict:
    """Ask until there is data: the first scrape takes its time."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = await client.get(f"/api/prometheus/{path}", params=query)
        if answer.status_code == 200 and answer.json()["data"]:
            data = answer.json()["data"]
            if not isinstance(data, dict) or data.get("result", True):
                return data
        await asyncio.sleep(0.1)
    raise AssertionError(f"no data for {path} {query}: {answer.text}")


@pytest.mark.slow
async def test_what_the_page_asks_for_comes_from_a_real_prometheus(telemetry, prometheus):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(ConsoleSettings(console_token=TOKEN, prometheus_url=url), telemetry)
    with serving(app) as base:
        prometheus(port, base.removeprefix("http://"))
        async with httpx.AsyncClient(base_url=base, timeout=20) as client:
            await sign_in(client)
            (up,) = (await answered(client, "query", query='up{job="console"} == 1'))["result"]
            assert up["metric"]["job"] == "console"
            now = time.time()
            matrix = await answered(
                client, "query_range", query="http_server_active_requests", start=now - 60, end=now + 5, step=1
            )
            assert matrix["resultType"] == "matrix"
            assert "console" in await answered(client, "label/job/values")
            assert (await answered(client, "targets", state="active"))["activeTargets"][0]["health"] == "up"
            assert re.match(r"\d+\.\d+", (await answered(client, "status/buildinfo"))["version"])
            rules = await client.get("/api/prometheus/rules")
            assert rules.json()["data"] == {"groups": []}
            wrong = await client.post("/api/prometheus/query", data={"query": "sum("})
            assert (wrong.status_code, wrong.json()["errorType"]) == (400, "bad_data")
