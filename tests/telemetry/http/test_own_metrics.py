"""An app with a /metrics of its own keeps it, and Prometheus finds in ours what it says."""

import asyncio

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, make_asgi_app
from prometheus_client.parser import text_string_to_metric_families

from telemetry import instrument
from tests.telemetry.http.server import served

PROMETHEUS = {"accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}
PLAIN = {"accept": "text/plain;version=0.0.4;q=1,*/*;q=0.1"}


@pytest.fixture
def own():
    """A registry of the app's own, with a family that telemetry has too."""
    registry = CollectorRegistry()
    Gauge("shop_open", "Whether.", registry=registry).set(1)
    Counter("shop_sold_total", "Things.", ["kind"], registry=registry).labels("hat").inc(3)
    Histogram("shop_wait_seconds", "Wait.", buckets=(1, 2), registry=registry).observe(1.5)
    Gauge("http_server_active_requests", "The app's of this name.", registry=registry).set(99)
    return registry


def families(text):
    return {family.name: family for family in text_string_to_metric_families(text)}


def scraped(app, headers=PLAIN):
    with served(app) as url:
        return httpx.get(f"{url}/metrics", headers=headers)


def route(app, registry):
    app.get("/metrics")(lambda: PlainTextResponse(generate_latest(registry), headers={"x-of": "app"}))


def included(app, registry):
    router = APIRouter(prefix="/metrics")
    router.get("")(lambda: PlainTextResponse(generate_latest(registry), headers={"x-of": "app"}))
    app.include_router(router)


def mounted(app, registry):
    app.mount("/metrics", make_asgi_app(registry=registry))


@pytest.mark.parametrize("way", [route, included, mounted])
def test_families_of_the_app_are_in_the_scrape(app, own, way):
    way(app, own)
    answer = scraped(app)
    seen = families(answer.text)
    assert seen["shop_open"].samples[0].value == 1
    assert [sample.value for sample in seen["shop_sold"].samples if sample.name == "shop_sold_total"] == [3]
    assert {sample.name for sample in seen["shop_wait_seconds"].samples} >= {"shop_wait_seconds_bucket"}
    assert answer.text.count("# TYPE http_server_active_requests ") == 1
    assert 99 not in {sample.value for sample in seen["http_server_active_requests"].samples}
    assert "x-of" not in answer.headers


def test_scrape_as_openmetrics_has_them_too(app, own):
    route(app, own)
    text = scraped(app, PROMETHEUS).text
    assert 'shop_sold_total{kind="hat"} 3.0' in text
    assert text.endswith("# EOF\n")


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml", "application/json"])
def test_everybody_else_gets_the_apps_own_answer(app, own, accept):
    route(app, own)
    answer = scraped(app, {"accept": accept})
    assert answer.headers["x-of"] == "app"
    assert answer.text == generate_latest(own).decode()


def test_app_without_one_answers_everybody_with_ours(app):
    assert "http_server_request_duration_seconds" in scraped(app, {"accept": "*/*"}).text


@pytest.mark.parametrize(
    "answer",
    [
        lambda: JSONResponse({"visitors": 3}),
        lambda: Response("no", 401, media_type="text/plain"),
        lambda: PlainTextResponse("not { metrics"),
        lambda: 1 / 0,
    ],
    ids=["json", "refused", "other text", "failing"],
)
def test_answer_that_is_no_exposition_costs_the_scrape_nothing(app, answer, lines):
    app.get("/metrics")(answer)
    scrape = scraped(app)
    assert scrape.status_code == 200
    assert "http_server_request_duration_seconds" in scrape.text


def test_slow_answer_is_not_waited_for(app, monkeypatch):
    monkeypatch.setattr("telemetry.http._own_metrics._SECONDS", 0.05)

    @app.get("/metrics")
    async def metrics() -> Response:
        await asyncio.Event().wait()

    assert "http_server_request_duration_seconds" in scraped(app).text


def test_asking_the_app_is_no_request(app, own, registry, spans):
    route(app, own)
    with served(app) as url:
        for _ in range(3):
            httpx.get(f"{url}/metrics", headers=PLAIN)
    labels = {"http_request_method": "GET", "http_route": "/metrics", "http_response_status_code": "200"}
    assert registry.get_sample_value("http_server_request_duration_seconds_count", labels) == 3
    assert not spans.server()


def test_static_files_for_any_path_are_no_metrics(telemetry):
    app = FastAPI()
    app.get("/{path:path}")(lambda path: path)
    instrument(app, telemetry)
    assert "http_server_request_duration_seconds" in scraped(app, {"accept": "*/*"}).text
