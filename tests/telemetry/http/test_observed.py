"""Telemetry around apps of every kind, from outside."""

import logging
import logging.config

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from websockets.sync.client import connect

from telemetry import TelemetrySettings, instrument, start
from telemetry.http._observed import observed
from tests.telemetry.http.server import served


async def item(request):
    if request.path_params["number"] == "0":
        raise LookupError("no such item")
    return PlainTextResponse("item")


async def feed(socket):
    await socket.accept()
    await socket.send_text("news")
    await socket.close()


def starlette():
    inner = Starlette(routes=[Route("/deep/{name}", item_of_mount)])
    return Starlette(
        routes=[Route("/items/{number}", item), WebSocketRoute("/feed/{name}", feed), Mount("/sub", inner)]
    )


async def item_of_mount(_request):
    return PlainTextResponse("deep")


def fastapi():
    app = FastAPI()
    app.router.routes.extend(starlette().routes)
    return app


class Layer:
    """Middleware as people write it: around the app, not in it."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope.get("path") == "/layer":
            await PlainTextResponse("the layer's")(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def layered():
    return Layer(CORSMiddleware(fastapi(), allow_origins=["*"]))


async def bare(scope, receive, send):
    if scope["type"] == "http":
        await PlainTextResponse("bare")(scope, receive, send)


@pytest.mark.parametrize("source", ["contrib", "lean", "off"])
@pytest.mark.parametrize("make", [starlette, fastapi, layered])
def test_requests_sockets_and_failures_are_observed(make, source, registry, spans, lines):
    settings = TelemetrySettings(span_source=source)
    with start(settings, registry=registry, span_processor=spans.processor) as telemetry:
        app, reported_to = observed(make(), telemetry)
        assert reported_to is telemetry
        with served(app) as url:
            telemetry.logs.adopt()  # as `telemetry serve` does once the server has set its loggers up
            codes = [httpx.get(f"{url}{path}").status_code for path in ("/items/1", "/items/0", "/sub/deep/x", "/no")]
            with connect(f"ws{url[4:]}/feed/a") as socket:
                assert socket.recv(timeout=5) == "news"
    assert codes == [200, 500, 200, 404]
    said = lines()
    routes = [(line["route"], line["status"]) for line in said if line["event"] == "http.request"]
    assert routes == [("/items/{number}", 200), ("/items/{number}", 500), ("/sub/deep/{name}", 200), ("unmatched", 404)]
    assert [line["route"] for line in said if line["event"] == "websocket.connection"] == ["/feed/{name}"]
    assert [line["event"] for line in said if "exception" in line] == ["http.unhandled_exception"]
    names = ["GET /items/{number}", "GET /items/{number}", "GET /sub/deep/{name}", "GET", "GET /feed/{name}"]
    assert [span.name for span in spans.server()] == ([] if source == "off" else names)
    assert registry.get_sample_value("unhandled_exceptions_total", {"error_type": "LookupError"}) == 1


def test_what_a_layer_answers_itself_is_observed_too(telemetry, lines):
    app, _ = observed(layered(), telemetry)
    with served(app) as url:
        telemetry.logs.adopt()
        assert httpx.get(f"{url}/layer").headers["x-request-id"]
        asked = {"origin": "http://a", "access-control-request-method": "GET"}
        assert httpx.options(f"{url}/items/1", headers=asked).headers["traceparent"]
    routes = [(line["method"], line["route"]) for line in lines() if line["event"] == "http.request"]
    assert routes == [("GET", "unmatched"), ("OPTIONS", "unmatched")]


def test_app_without_routes_is_one_series(telemetry, registry):
    app, _ = observed(bare, telemetry)
    with served(app) as url:
        for path in ("/a", "/b"):
            assert httpx.get(f"{url}{path}").text == "bare"
        assert "http_server_request_duration_seconds" in httpx.get(f"{url}/metrics").text
    labels = {"http_request_method": "GET", "http_route": "unmatched", "http_response_status_code": "200"}
    assert registry.get_sample_value("http_server_request_duration_seconds_count", labels) == 2


def test_app_that_instruments_itself_is_left_alone(telemetry, spans):
    app = fastapi()
    own = instrument(app, telemetry)
    assert observed(app, telemetry) == (app, own)
    with served(app) as url:
        httpx.get(f"{url}/items/1")
    assert len(spans.server()) == 1


def test_app_that_instruments_itself_within_a_layer_is_observed_once(telemetry, spans, lines):
    inner = fastapi()
    instrument(inner, telemetry)
    app, _ = observed(Layer(inner), telemetry)
    with served(app) as url:
        httpx.get(f"{url}/items/1")
    assert len(spans.server()) == 1
    assert [line["route"] for line in lines() if line["event"] == "http.request"] == ["/items/{number}"]


@pytest.mark.parametrize("existing", [True, False])
def test_logging_that_the_app_configures_leaves_our_lines_alone(telemetry, lines, existing):
    app = fastapi()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        logging.config.dictConfig(
            {"version": 1, "disable_existing_loggers": existing, "root": {"level": "ERROR", "handlers": []}}
        )
        observed(app, telemetry)
        with served(app) as url:
            httpx.get(f"{url}/items/1")
            httpx.get(f"{url}/items/0")
    finally:
        logging.getLogger().handlers, logging.getLogger().level = before
    events = [line["event"] for line in lines()]
    assert events.count("http.request") == 2
    assert events.count("http.unhandled_exception") == 1
