"""`docker compose up` as it stands, with a job sent through it. Needs a Docker engine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import yaml

from alerts.thresholds import THRESHOLDS
from stack.paths import PROJECT

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.xdist_group("stacks"), pytest.mark.timeout(900)]

SAMPLES = PROJECT / "app" / "samples"
PUBLISHED = ("API", "CONSOLE", "PROMETHEUS", "ALERTMANAGER", "GRAFANA", "JAEGER", "OTLP")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Compose:
    """One project of its own, on free ports, with its volumes removed at the end."""

    project: str
    ports: dict[str, int]

    def run(self, *words: str, check: bool = True) -> str:
        ports = {f"PLAINVIEW_{name}_PORT": str(port) for name, port in self.ports.items()}
        done = subprocess.run(
            ["docker", "compose", "-p", self.project, *words],
            cwd=PROJECT,
            # A budget that one job exceeds, so that an alert has to travel the whole way.
            env={**os.environ, **ports, "PLAINVIEW_BUDGET_DAY_USD": "0.00001"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not check, (
            f"docker compose {' '.join(words)}:\n{done.stdout[-3000:]}{done.stderr[-6000:]}"
        )
        return done.stdout

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    engine = (
        shutil.which("docker")
        and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    )
    engine = engine and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    if not engine:
        assert os.environ.get("PLAINVIEW_TEST_DOCKER") != "required", "a Docker engine was promised and does not answer"
        pytest.skip("no Docker engine with Compose answers on this machine")
    stack = Compose(f"plainview-test-{uuid.uuid4().hex[:8]}", {name: free_port() for name in PUBLISHED})
    try:
        stack.run("up", "--detach", "--build", "--wait", "--wait-timeout", "300")
        yield stack
    except AssertionError:
        sys.stderr.write(stack.run("logs", "--tail", "30", check=False))
        raise
    finally:
        stack.run("down", "--volumes", "--timeout", "10", check=False)


@pytest.fixture(scope="module")
def key(compose: Compose) -> str:
    return compose.run("exec", "-T", "api", "cat", "/var/lib/plainview/first_api_key").strip()


@pytest.fixture(scope="module")
def job(compose: Compose, key: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=compose.url("API"), headers=headers, timeout=30) as client:
        with (SAMPLES / "portrait.jpg").open("rb") as image, (SAMPLES / "speech.wav").open("rb") as audio:
            answer = client.post(
                "/generate", files={"image": image, "audio": audio}, data={"prompt": "A calm greeting"}
            )
        assert answer.status_code == 202, answer.text
        accepted = answer.json()

        def finished() -> dict[str, Any] | None:
            status: dict[str, Any] = client.get(accepted["status_url"]).json()
            return status if status["status"] not in ("queued", "running") else None

        status = wait_for(finished, seconds=120, what="the job to finish")
        assert status["status"] == "succeeded", status
        assert client.get(accepted["result_url"]).content[4:8] == b"ftyp"
    return status


def wait_for(probe: Callable[[], Any], *, seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


def query(compose: Compose, expression: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{compose.url('PROMETHEUS')}/api/v1/query", params={"query": expression})
    result: list[dict[str, Any]] = answer.raise_for_status().json()["data"]["result"]
    return result


def test_every_service_is_healthy_or_has_done_its_work(compose: Compose) -> None:
    rows = [json.loads(line) for line in compose.run("ps", "--all", "--format", "json").splitlines()]
    states = {row["Service"]: (row["State"], row["Health"], row["ExitCode"]) for row in rows}
    once = {"secrets", "bootstrap"}
    assert {name: states[name] for name in once} == dict.fromkeys(once, ("exited", "", 0))
    lasting = {
        "api",
        "worker",
        "notifier",
        "console",
        "postgres",
        "redis",
        "prometheus",
        "alertmanager",
        "grafana",
        "jaeger",
    }
    assert {name: states[name] for name in states if name not in once} == dict.fromkeys(
        lasting, ("running", "healthy", 0)
    )


def test_job_is_one_trace_in_jaeger(compose: Compose, job: dict[str, Any]) -> None:
    def names() -> set[str] | None:
        answer = httpx.get(f"{compose.url('JAEGER')}/api/traces/{job['trace_id']}")
        found = {span["operationName"] for trace in (answer.json()["data"] or []) for span in trace["spans"]}
        return found if {"POST /generate", "decode", "animate", "encode", "store", "queue wait"} <= found else None

    assert wait_for(names, seconds=30, what="all spans of the job in Jaeger")


def test_every_target_is_scraped(compose: Compose) -> None:
    def down() -> bool | None:
        up = {row["metric"]["job"]: row["value"][1] for row in query(compose, "up")}
        return (len(up) == 6 and set(up.values()) == {"1"}) or None

    assert wait_for(down, seconds=30, what="six targets up")


def test_cost_of_the_job_raises_an_alert_that_reaches_the_notifier(compose: Compose, job: dict[str, Any]) -> None:
    assert float(job["cost_usd"]) > 0

    def alerted() -> bool | None:
        alerts = httpx.get(f"{compose.url('ALERTMANAGER')}/api/v2/alerts").json()
        return {"Watchdog", "CostDayOverBudget"} <= {alert["labels"]["alertname"] for alert in alerts} or None

    assert wait_for(alerted, seconds=90, what="Watchdog and CostDayOverBudget in Alertmanager")
    received = (
        'max(notification_received_total{status="firing"}) > 0 and max(notification_watchdog_timestamp_seconds) > 0'
    )
    assert wait_for(lambda: query(compose, received) or None, seconds=90, what="the notifier to receive both")


def test_grafana_has_the_dashboards_and_datasources(compose: Compose) -> None:
    grafana = compose.url("GRAFANA")
    assert {board["uid"] for board in httpx.get(f"{grafana}/api/search").json()} >= {
        f"plainview-{name}" for name in ("overview", "service", "jobs", "gpu", "telemetry")
    }


def test_ports_are_published_on_loopback_only() -> None:
    services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert len(published) == len(PUBLISHED)
    assert all(port.startswith("127.0.0.1:${PLAINVIEW_") for port in published)


def test_every_threshold_can_be_set() -> None:
    notifier = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]["notifier"]
    assert {threshold.variable for threshold in THRESHOLDS} <= notifier["environment"].keys()


def test_images_are_pinned_and_no_password_stands_in_the_file() -> None:
    text = (PROJECT / "docker-compose.yml").read_text()
    for service in yaml.safe_load(text)["services"].values():
        tag = service["image"].partition(":")[2]
        assert tag
        assert tag != "latest"
        for name, value in (service.get("environment") or {}).items():
            if any(word in name.upper() for word in ("PASSWORD", "TOKEN", "SECRET")):
                # None hands on what the user has set.
                assert value is None or value.startswith("/run/plainview/"), f"{name} must come from a file"


def test_containers_run_as_an_ordinary_user_on_a_read_only_root(compose: Compose) -> None:
    for service in ("api", "worker", "notifier", "console"):
        assert compose.run("exec", "-T", service, "id", "-u").strip() == "10001"
        refused = compose.run("exec", "-T", service, "sh", "-c", "touch /srv/plainview/x || echo refused", check=False)
        assert "refused" in refused
