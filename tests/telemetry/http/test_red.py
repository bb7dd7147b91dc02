import asyncio
import re

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from starlette.staticfiles import StaticFiles

from telemetry import TelemetrySettings, instrument, start

COUNT = "http_server_request_duration_seconds_count"


def count(registry, route, status="200", method="GET"):
    labels = {"http_request_method": method, "http_route": route, "http_response_status_code": status}
    return registry.get_sample_value(COUNT, labels)


def routes_seen(registry):
    return {
        (s.labels["http_request_method"], s.labels["http_route"], s.labels["http_response_status_code"])
        for family in registry.collect()
        for s in family.samples
        if s.name == COUNT
    }


async def test_requests_are_counted_by_template(app, client, registry):
    app.get("/items/{number}")(lambda number: number)
    for number in range(20):
        await client.get(f"/items/{number}")
    assert routes_seen(registry) == {("GET", "/items/{number}", "200")}
    assert count(registry, "/items/{number}") == 20


async def test_unmatched_paths_and_made_up_methods_add_one_series(app, client, registry):
    for number in range(20):
        await client.get(f"/wp-admin/{number}")
        await client.request(f"BREW{number}", f"/{number}")
    assert routes_seen(registry) == {("GET", "unmatched", "404"), ("_OTHER", "unmatched", "404")}


async def test_mounted_apps_have_their_prefix_and_stay_bounded(app, client, registry, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    sub = FastAPI()
    sub.get("/items/{number}")(lambda number: number)
    app.mount("/tenants/{tenant}/shop", sub)
    app.mount("/static", StaticFiles(directory=tmp_path))
    for number in range(5):
        await client.get(f"/tenants/t{number}/shop/items/{number}")
        await client.get(f"/tenants/t{number}/shop/nothing-{number}")
        await client.get("/static/a.txt")
        await client.get(f"/static/{number}.txt")
    await client.get("/docs")
    assert routes_seen(registry) == {
        ("GET", "/tenants/{tenant}/shop/items/{number}", "200"),
        ("GET", "/tenants/{tenant}/shop/{path}", "404"),
        ("GET", "/static/{path}", "200"),
        ("GET", "/static/{path}", "404"),
        ("GET", "/docs", "200"),
    }


async def test_a_proxys_root_path_is_no_part_of_the_route(app, registry):
    app.get("/items/{number}")(lambda number: number)
    transport = httpx.ASGITransport(app, root_path="/behind/proxy")
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        await client.get("/behind/proxy/items/1")
    assert routes_seen(registry) == {("GET", "/items/{number}", "200")}


async def test_sizes_are_those_of_the_bodies(app, client, registry):
    @app.post("/echo")
    async def echo(body: dict) -> dict:
        return body

    await client.post("/echo", json={"a": "x" * 1000})
    labels = {"http_request_method": "POST", "http_route": "/echo"}
    assert registry.get_sample_value("http_server_request_body_size_bytes_sum", labels) == 1008
    assert registry.get_sample_value("http_server_response_body_size_bytes_sum", labels) == 1008


async def test_a_stream_is_measured_to_its_last_byte(app, client, registry):
    gate = asyncio.Event()

    async def parts():
        yield b"first"
        labels = {"http_request_method": "GET"}
        assert registry.get_sample_value("http_server_active_requests", labels) == 1
        assert count(registry, "/stream") is None
        gate.set()
        await asyncio.sleep(0.05)
        yield b"last"

    app.get("/stream")(lambda: StreamingResponse(parts()))
    assert (await client.get("/stream")).content == b"firstlast"
    assert gate.is_set()
    labels = {"http_request_method": "GET", "http_route": "/stream", "http_response_status_code": "200"}
    assert registry.get_sample_value("http_server_request_duration_seconds_sum", labels) >= 0.05
    assert registry.get_sample_value("http_server_active_requests", {"http_request_method": "GET"}) == 0


async def test_an_event_stream_is_measured_to_its_first_byte(app, client, registry, lines):
    async def events():
        yield b"data: first\n\n"
        await asyncio.sleep(0.3)
        yield b"data: last\n\n"

    app.get("/events")(lambda: StreamingResponse(events(), media_type="text/event-stream"))
    assert (await client.get("/events")).content == b"data: first\n\ndata: last\n\n"
    labels = {"http_request_method": "GET", "http_route": "/events", "http_response_status_code": "200"}
    assert registry.get_sample_value("http_server_request_duration_seconds_sum", labels) < 0.25
    (line,) = [line for line in lines() if line["event"] == "http.request"]
    assert line["duration_seconds"] >= 0.3


async def test_unhandled_exception_is_a_500_and_counted_by_class(app, client, registry, lines):
    def boom() -> None:
        raise KeyError("x")

    app.get("/boom")(boom)
    answer = await client.get("/boom")
    assert count(registry, "/boom", "500") == 1
    assert registry.get_sample_value("unhandled_exceptions_total", {"error_type": "KeyError"}) == 1
    unhandled, access = lines()
    assert (unhandled["event"], unhandled["level"], unhandled["error_type"]) == (
        "http.unhandled_exception",
        "error",
        "KeyError",
    )
    assert unhandled["request_id"] == access["request_id"] == answer.headers["x-request-id"]


async def test_client_that_leaves_is_told_apart_from_a_failure(app, registry, lines):
    """uvicorn reports a client that left by `http.disconnect`; the app here gives up on it without an answer."""

    @app.post("/slow")
    async def slow() -> None:
        raise asyncio.CancelledError

    async def receive():
        return {"type": "http.disconnect"}

    async def send(_message) -> None:
        pass

    async def reads_and_gives_up(scope, receive, send) -> None:
        await receive()

    app.mount("/gone", reads_and_gives_up)
    scope = {"type": "http", "method": "GET", "path": "/gone/x", "headers": [], "query_string": b"", "scheme": "http"}
    await app({**scope, "http_version": "1.1", "server": ("t", 80), "client": ("c", 1), "root_path": ""}, receive, send)
    (access,) = lines()
    assert (access["status"], access["outcome"]) == (499, "disconnected")
    assert count(registry, "/gone/{path}", "499") == 1


@pytest.mark.parametrize(("ratio", "exemplars"), [(1.0, True), (0.0, False)])
async def test_exemplar_leads_to_the_span_only_when_that_is_sampled(ratio, exemplars, spans):
    with start(TelemetrySettings(sample_ratio=ratio), span_processor=spans.processor) as telemetry:
        app = FastAPI()
        app.get("/x")(lambda: 1)
        instrument(app, telemetry)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            answer = await client.get("/x")
            text = (await client.get("/metrics", headers={"accept": "application/openmetrics-text"})).text
    found = re.findall(r'duration_seconds_bucket\{[^}]*http_route="/x"[^}]*\} \S+ # \{(.*?)\}', text)
    if exemplars:
        context = spans.only().context
        expected = {f'trace_id="{context.trace_id:032x}"', f'span_id="{context.span_id:016x}"'}
        assert [set(exemplar.split(",")) for exemplar in found] == [expected]
    else:
        assert found == []
    sampled = int(answer.headers["traceparent"][-2:], 16) & 1
    assert bool(sampled) is exemplars


async def test_a_fault_of_telemetry_does_not_break_a_request(app, client, registry, monkeypatch, lines):
    app.get("/x")(lambda: 1)
    await client.get("/x")
    monkeypatch.setattr("telemetry.http._request.answer_headers", None)
    monkeypatch.setattr("telemetry.http._red.RedMetrics.observe", None)
    lines()
    answers = [await client.get("/x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert registry.get_sample_value("telemetry_internal_errors_total", {"part": "http"}) >= 3
    assert [line["event"] for line in lines()] == ["telemetry.failed"]
