import os
import subprocess
import sys
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from telemetry import annotate, instrument

KEY = "pv_4f9d2c7a8b1e6035d4c2a1908f7e6b5d"


def routes(app: FastAPI) -> None:
    @app.get("/items/{item_id}")
    async def item(item_id: int) -> int:
        annotate(customer="acme")
        return item_id

    @app.get("/dependent")
    def dependent(value: Annotated[int, Depends(lambda: 1)]) -> int:
        return value

    @app.get("/busy")
    def busy() -> None:
        raise HTTPException(503)

    @app.get("/boom")
    def boom() -> None:
        raise ValueError(f"no such key {KEY}")


@pytest.mark.parametrize("path", ["/items/1", "/dependent", "/busy", "/boom", "/nowhere"])
async def test_a_request_has_exactly_one_span(app, client, spans, path):
    routes(app)
    await client.get(path)
    assert [span.kind for span in spans.all()] == [SpanKind.SERVER]


async def test_span_has_the_stable_names_and_the_route(app, client, spans):
    routes(app)
    await client.get("/items/7", headers={"user-agent": "probe/1"})
    span = spans.only()
    assert span.name == "GET /items/{item_id}"
    assert span.status.status_code is StatusCode.UNSET
    attributes = dict(span.attributes)
    attributes.pop("plainview.request_id")
    assert attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/{item_id}",
        "network.protocol.version": "1.1",
        "url.path": "/items/7",
        "url.scheme": "http",
        "server.address": "shop.test",
        "server.port": 8000,
        "client.address": "127.0.0.1",
        "client.port": 123,
        "user_agent.original": "probe/1",
        "plainview.customer": "acme",
    }


async def test_query_values_are_not_recorded(app, client, spans):
    routes(app)
    await client.get("/items/7", params={"key": KEY, "flag": ""})
    assert spans.only().attributes["url.query"] == "key=REDACTED&flag=REDACTED"
    assert KEY not in spans.only().to_json()


async def test_server_error_is_an_error_and_client_error_is_not(app, client, spans):
    routes(app)
    await client.get("/busy")
    await client.get("/nowhere")
    busy, nowhere = spans.all()
    assert (busy.status.status_code, busy.attributes["error.type"]) == (StatusCode.ERROR, "503")
    assert (nowhere.status.status_code, nowhere.name) == (StatusCode.UNSET, "GET")
    assert "http.route" not in nowhere.attributes


async def test_unhandled_exception_is_on_the_span_without_its_secret(app, client, spans):
    routes(app)
    assert (await client.get("/boom")).status_code == 500
    span = spans.only()
    (event,) = span.events
    assert event.attributes["exception.type"] == "ValueError"
    assert span.attributes["error.type"] == "ValueError"
    assert span.attributes["http.response.status_code"] == 500
    assert (span.status.status_code, span.status.description) == (
        StatusCode.ERROR,
        "ValueError: no such key pv_[redacted]",
    )
    assert KEY not in span.to_json()


@pytest.mark.parametrize("path", ["/metrics", "/health", "/health/live", "/health/ready", "/ready"])
async def test_machines_that_poll_leave_no_span_and_no_access_line(app, client, spans, lines, path):
    app.get("/health")(lambda: 1)
    app.get("/ready")(lambda: 1)
    app.get("/health/{name}")(lambda name: {"name": name})
    answer = await client.get(path)
    assert answer.status_code == 200
    assert spans.all() == []
    assert lines() == []
    assert "x-request-id" in answer.headers


async def test_callers_trace_is_continued_and_its_decision_respected(app, client, spans):
    routes(app)
    parent = "0af7651916cd43dd8448eb211c80319c"
    await client.get("/items/1", headers={"traceparent": f"00-{parent}-b7ad6b7169203331-01"})
    answer = await client.get("/items/1", headers={"traceparent": f"00-{parent}-b7ad6b7169203331-00"})
    assert format(spans.only().context.trace_id, "032x") == parent
    assert answer.headers["traceparent"].startswith(f"00-{parent}-")
    assert answer.headers["traceparent"].endswith("-00")


async def test_spans_of_the_app_and_its_libraries_hang_below(app, client, spans):
    @app.get("/work")
    async def work() -> None:
        with trace.get_tracer("some.library").start_as_current_span("query"):
            pass

    await client.get("/work")
    query, server = spans.all()
    assert (query.name, query.parent.span_id) == ("query", server.context.span_id)


async def test_route_of_an_included_router_has_its_prefix(app, client, spans):
    router = APIRouter(prefix="/v1")
    router.get("/things/{name}")(lambda name: name)
    app.include_router(router, prefix="/api")
    await client.get("/api/v1/things/x")
    assert spans.only().name == "GET /api/v1/things/{name}"


async def test_background_task_does_not_stretch_the_request(app, client, spans, registry):
    seen = []

    @app.get("/later")
    async def later(tasks: BackgroundTasks) -> None:
        tasks.add_task(lambda: seen.append(spans.all()))

    await client.get("/later")
    assert [span.name for span in seen[0]] == ["GET /later"]


def test_instrumenting_twice_or_too_late_is_refused(app, telemetry):
    with pytest.raises(RuntimeError, match="called twice"):
        instrument(app, telemetry)
    late = FastAPI()
    late.middleware_stack = late.build_middleware_stack()
    with pytest.raises(RuntimeError, match="too late"):
        instrument(late, telemetry)


def test_choosing_the_stable_names_leaves_the_environment_alone(app):
    assert "OTEL_SEMCONV_STABILITY_OPT_IN" not in os.environ


async def test_without_telemetry_the_one_started_last_is_used(telemetry, spans):
    app = FastAPI()
    assert instrument(app) is telemetry
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        await client.get("/")
    assert len(spans.all()) == 1


def test_one_line_is_enough_in_a_process_of_its_own():
    code = """
import asyncio, fastapi, httpx
from telemetry import instrument
app = fastapi.FastAPI()
instrument(app)
async def ask():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        await client.get("/x")
        print(len((await client.get("/metrics")).text) > 1000)
asyncio.run(ask())
"""
    out = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    access, served = out.stdout.splitlines()
    assert '"event":"http.request"' in access
    assert served == "True"
    assert out.stderr == ""


async def test_a_mounted_app_that_is_instrumented_too_is_one_request(app, client, telemetry, spans, registry, lines):
    sub = FastAPI()
    sub.get("/items/{number}")(lambda number: number)
    instrument(sub, telemetry)
    app.mount("/sub", sub)
    await client.get("/sub/items/1")
    assert spans.only().name == "GET /sub/items/{number}"
    assert [line["route"] for line in lines()] == ["/sub/items/{number}"]


async def test_annotations_named_like_a_secret_stay_out_of_span_and_line(app, client, spans, lines):
    async def item() -> None:
        annotate(api_key=KEY, customer="acme")

    app.get("/x")(item)
    await client.get("/x")
    assert spans.only().attributes["plainview.api_key"] == "[redacted]"
    assert lines()[0]["api_key"] == "[redacted]"
