"""/metrics of an app in this process: joined to its address, apart from all else, and there whatever goes wrong."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families as parse

from telemetry import TelemetrySettings, instrument, start
from tests.telemetry.http.test_server import served


def app_of(telemetry) -> FastAPI:
    app = FastAPI()
    instrument(app, telemetry)
    app.get("/x")(lambda: 1)
    return app


def value(url: str, name: str, **labels: str) -> float:
    families = parse(httpx.get(f"{url}/metrics").text)
    found = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in found if labels.items() <= sample.labels.items())


def answered(url: str) -> float:
    return value(url, "http_server_request_duration_seconds_count", http_route="/x")


@pytest.fixture
def settings(tmp_path: Path) -> TelemetrySettings:
    return TelemetrySettings(service_name="shop", runtime_dir=tmp_path)


def test_two_apps_in_one_process_do_not_add_each_other_up(settings, lines):
    with (
        start(settings, registry=CollectorRegistry()) as one,
        start(settings, registry=CollectorRegistry()) as other,
        served(app_of(one)) as url,
        served(app_of(other)) as other_url,
    ):
        for _ in range(3):
            httpx.get(f"{url}/x")
        httpx.get(f"{other_url}/x")
        assert (answered(url), answered(other_url)) == (3, 1)
        assert (answered(url), answered(other_url)) == (3, 1)


def test_what_was_counted_is_kept_when_the_app_ends(settings, lines, tmp_path):
    with start(settings, registry=CollectorRegistry()) as telemetry, served(app_of(telemetry)) as url:
        httpx.get(f"{url}/x")
        assert answered(url) == 1
    (state,) = tmp_path.glob("plainview-*/*/*.state")
    assert b"/x" in state.read_bytes()


def test_without_a_folder_the_process_shows_its_own_and_says_so(settings, lines, tmp_path):
    (tmp_path / "file").touch()
    alone = settings.model_copy(update={"runtime_dir": tmp_path / "file"})
    with start(alone, registry=CollectorRegistry()) as telemetry, served(app_of(telemetry)) as url:
        httpx.get(f"{url}/x")
        assert answered(url) == 1
        assert value(url, "telemetry_internal_errors_total", part="processes") >= 1
    assert [line["part"] for line in lines() if line["event"] == "telemetry.failed"] == ["processes"]


async def test_an_app_without_an_address_shows_its_own(client, registry):
    assert (await client.get("/metrics")).status_code == 200
    assert registry.get_sample_value("telemetry_internal_errors_total", {"part": "processes"}) == 0
