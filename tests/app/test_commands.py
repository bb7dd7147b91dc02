"""The commands as an operator types them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from app.application import create_app
from app.keys.secret import parse
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import client_of
from tests.app.processes import ROOT, service
from tests.telemetry.sink import Sink


def run(command: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_new_service_is_set_up_by_migrate_and_bootstrap(tmp_path: Path) -> None:
    first = tmp_path / "first"
    environment = {"PLAINVIEW_HOME": str(tmp_path), "PLAINVIEW_FIRST_KEY_FILE": str(first)}
    for command in ("bootstrap", "serve", "worker"):
        early = run(command, environment | {"PLAINVIEW_PORT": "0", "PLAINVIEW_GPU": "off"})
        assert early.returncode == 1
        assert early.stderr.endswith("run `python -m app migrate`.\n")
    for command in ("migrate", "bootstrap", "migrate", "bootstrap"):
        done = run(command, environment)
        assert (done.returncode, done.stderr) == (0, "")
    text = first.read_text(encoding="utf-8").strip()
    assert parse(text) is not None
    assert text not in done.stdout


def test_wrong_and_misspelt_settings_are_said_at_the_start(tmp_path: Path) -> None:
    wrong = run("serve", {"PLAINVIEW_HOME": str(tmp_path), "PLAINVIEW_PORT": "many"})
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("PLAINVIEW_PORT='many' is not allowed: ")
    misspelt = run("migrate", {"PLAINVIEW_HOME": str(tmp_path), "PLAINVIEW_WORKER_PROT": "1"})
    assert misspelt.returncode == 0
    assert misspelt.stderr == "PLAINVIEW_WORKER_PROT is not a setting; did you mean PLAINVIEW_WORKER_PORT?\n"


def test_database_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    environment = {
        "PLAINVIEW_HOME": str(tmp_path),
        "PLAINVIEW_DATABASE_URL": "postgresql+psycopg://me@127.0.0.1:9/db",
        "PLAINVIEW_DATABASE_PASSWORD": "hunter2-hunter2",
    }
    done = run("migrate", environment)
    assert done.returncode == 1
    assert done.stderr.startswith("The database postgresql://me:***@127.0.0.1:9/db does not answer: ")
    assert "hunter2-hunter2" not in done.stderr


def test_taken_port_is_named_with_what_to_do(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", {"PLAINVIEW_HOME": str(settings.home), "PLAINVIEW_PORT": port})
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "PLAINVIEW_PORT" in done.stderr


@pytest.mark.slow
def test_api_sends_its_last_span_before_it_ends(settings: Settings, tmp_path: Path) -> None:
    with Sink() as sink:
        environment = {"PLAINVIEW_HOME": str(settings.home), "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url}
        with service(environment, tmp_path) as running:
            api = running.start("serve")
            assert httpx.get(f"{running.url}/jobs").status_code == 401
            with pytest.raises(subprocess.TimeoutExpired):
                api.process.wait(0.2)  # well within the interval at which spans are sent
            assert api.terminate() == 0
    assert "GET /jobs" in [span.name for span in sink.spans]


def test_worker_names_a_generator_that_cannot_be_used(settings: Settings) -> None:
    environment = {
        "PLAINVIEW_HOME": str(settings.home),
        "PLAINVIEW_GENERATOR": "app.nothing:Model",
        "PLAINVIEW_GPU": "off",
    }
    done = run("worker", environment)
    assert done.returncode == 1
    assert "PLAINVIEW_GENERATOR='app.nothing:Model'" in done.stderr


async def test_authentication_can_be_switched_off_for_development_and_health_says_so(
    settings: Settings, telemetry: Telemetry
) -> None:
    app = create_app(settings.model_copy(update={"auth_required": False}), telemetry)
    async with client_of(app) as client:
        listed: httpx.Response = await client.get("/keys")
        assert listed.status_code == 200
        parts = (await client.get("/health")).json()["components"]
        assert parts["authentication"]["status"] == "degraded"
