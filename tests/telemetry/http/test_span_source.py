"""Where server spans come from: FastAPIInstrumentor, by our hand or by that of the app's author."""

import asyncio
import json
import logging
import subprocess
import sys

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, StatusCode
from starlette.background import BackgroundTask

from telemetry import TelemetrySettings, instrument, start
from tests.telemetry.conftest import Spans

KEY = "pv_4f9d2c7a8b1e6035d4c2a1908f7e6b5d"
BEARER = "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"
PASSWORD = "hunter2-hunter2"
LOCAL = "4111-1111-1111-1111"
PLANTED = f"key {KEY}, Authorization: Bearer {BEARER}, postgresql://app:{PASSWORD}@db/x, password={PASSWORD}"


def boom() -> None:
    card_number = LOCAL  # noqa: F841 - a local variable of the frame that raises
    raise ValueError(PLANTED)


async def breaks_off():
    yield b"first"
    boom()


async def ask(app: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        return await client.get(path)


async def test_spans_come_from_the_fastapi_instrumentation(app, client, spans):
    app.get("/x")(lambda: 1)
    await client.get("/x")
    assert spans.only().instrumentation_scope.name == "opentelemetry.instrumentation.fastapi"


@pytest.fixture
def instrumented_before(monkeypatch: pytest.MonkeyPatch):
    """An app that its author has instrumented, with a provider and a hook of the author's own."""
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
    app, spans, seen = FastAPI(), Spans(), []
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(spans.processor)
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=provider,
        exclude_spans=["receive", "send"],
        server_request_hook=lambda span, _scope: seen.append(dict(span.attributes)),
    )
    yield app, spans, seen
    FastAPIInstrumentor.uninstrument_app(app)


async def test_an_app_instrumented_before_keeps_its_one_server_span(instrumented_before, telemetry, spans, lines):
    app, authors_spans, seen = instrumented_before
    app.get("/items/{number}")(lambda number: number)
    instrument(app, telemetry)
    answer = await ask(app, "/items/7?key=secret")
    assert spans.all() == []
    span = authors_spans.only()
    assert (span.name, span.kind) == ("GET /items/{number}", SpanKind.SERVER)
    assert answer.headers["traceparent"].split("-")[1] == format(span.context.trace_id, "032x")
    (access,) = lines()
    assert access["trace_id"] == format(span.context.trace_id, "032x")
    assert access["request_id"] == answer.headers["x-request-id"] == span.attributes["plainview.request_id"]
    assert [attributes["url.query"] for attributes in seen] == ["key=REDACTED"]
    await ask(app, "/health")
    assert len(authors_spans.all()) == 1


async def test_an_app_instrumented_before_records_an_exception_once_and_redacted(instrumented_before, telemetry):
    app, spans, _seen = instrumented_before
    app.get("/boom")(boom)
    instrument(app, telemetry)
    assert (await ask(app, "/boom")).status_code == 500
    (event,) = spans.only().events
    assert event.attributes["exception.type"] == "ValueError"
    assert_clean(spans.only().to_json())


async def test_instrumenting_again_adds_no_second_span(app, client, spans):
    app.get("/x")(lambda: 1)
    FastAPIInstrumentor.instrument_app(app)
    await client.get("/x")
    assert [span.kind for span in spans.all()] == [SpanKind.SERVER]


def test_background_tasks_of_the_process_are_left_as_they_were(telemetry):
    before = BackgroundTask.__call__
    instrument(FastAPI(), telemetry)
    assert BackgroundTask.__call__ is before
    assert not hasattr(BackgroundTask, "_otel_original_call")


def test_background_tasks_that_the_author_wants_traced_stay_so(instrumented_before, telemetry):
    traced = BackgroundTask.__call__
    instrument(FastAPI(), telemetry)
    assert BackgroundTask.__call__ is traced
    assert hasattr(BackgroundTask, "_otel_original_call")


async def test_a_stack_that_cannot_be_traced_is_counted_and_still_observed(telemetry, registry, spans, lines):
    """The instrumentor skips a stack that does not begin with Starlette's error handler, and only logs that."""
    app = FastAPI(telemetry={"tracing": False})
    app.get("/x")(lambda: 1)
    build = app.build_middleware_stack

    def build_wrapped():
        stack = build()

        async def outermost(scope, receive, send) -> None:
            await stack(scope, receive, send)

        return outermost

    app.build_middleware_stack = build_wrapped
    instrument(app, telemetry)
    with trace.get_tracer("caller").start_as_current_span("caller"):
        answer = await ask(app, "/x")
    assert (answer.status_code, "x-request-id" in answer.headers, "traceparent" in answer.headers) == (200, True, False)
    assert registry.get_sample_value("telemetry_internal_errors_total", {"part": "spans"}) == 1
    assert spans.only().name == "caller", "a caller's span in the same process is not taken for the request's"
    failed = [line for line in lines() if line["event"] == "telemetry.failed"]
    assert [(line["part"], line["level"]) for line in failed] == [("spans", "error")]
    assert "middleware stack" in json.dumps(failed)


async def test_a_recorder_out_of_reach_is_counted_and_the_export_redacts_all_the_same(sink, lines, monkeypatch):
    monkeypatch.setattr("telemetry.http._contrib_spans.FastAPIInstrumentor.__module__", "elsewhere")
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        app = FastAPI()
        app.get("/boom")(boom)
        instrument(app, telemetry)
        await ask(app, "/boom")
        errors = telemetry.registry.get_sample_value("telemetry_internal_errors_total", {"part": "spans"})
    assert errors == 1
    assert [span.name for span in sink.spans] == ["GET /boom"]
    assert_clean(str(sink.spans), json.dumps(lines()))


async def test_a_mounted_fastapi_app_begins_no_trace_of_its_own(app, client, spans):
    """FastAPI would trace the mounted app by itself, since its own stack has no middleware of OpenTelemetry's."""
    sub = FastAPI()
    sub.get("/x")(lambda: 1)
    app.mount("/sub", sub)
    answer = await client.get("/sub/x")
    assert (spans.only().name, spans.only().kind) == ("GET /sub/x", SpanKind.SERVER)
    assert answer.headers["traceparent"].split("-")[1] == format(spans.only().context.trace_id, "032x")


async def test_a_mounted_app_that_its_author_instrumented_is_a_child(app, client, spans, instrumented_before):
    sub, subs_spans, _seen = instrumented_before
    sub.get("/x")(lambda: 1)
    app.mount("/sub", sub)
    await client.get("/sub/x")
    assert spans.only().kind is SpanKind.SERVER
    assert subs_spans.only().kind is SpanKind.INTERNAL
    assert subs_spans.only().parent.span_id == spans.only().context.span_id


async def test_exception_of_a_mounted_app_is_counted_and_recorded_once(app, client, telemetry, spans, registry, lines):
    sub = FastAPI()
    sub.get("/boom")(boom)
    instrument(sub, telemetry)
    app.mount("/sub", sub)
    assert (await client.get("/sub/boom")).status_code == 500
    assert registry.get_sample_value("unhandled_exceptions_total", {"error_type": "ValueError"}) == 1
    assert [line["event"] for line in lines()] == ["http.unhandled_exception", "http.request"]
    assert len(spans.only().events) == 1


async def test_exception_in_the_middle_of_a_stream_is_recorded_once_and_redacted(app, spans):
    app.get("/stream")(lambda: StreamingResponse(breaks_off()))
    await ask(app, "/stream")
    span = spans.only()
    assert (span.status.status_code, len(span.events)) == (StatusCode.ERROR, 1)
    assert_clean(span.to_json())


async def test_answer_has_its_ids_even_when_the_apps_error_handler_fails(app, client, spans, lines):
    async def handler(_request, _error):
        raise KeyError(PLANTED)

    app.get("/boom")(boom)
    app.add_exception_handler(Exception, handler)
    answer = await client.get("/boom", headers={"x-request-id": "r-1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "r-1")
    assert answer.headers["traceparent"].split("-")[2] == format(spans.only().context.span_id, "016x")
    assert_clean(spans.only().to_json(), json.dumps(lines()))


async def test_secrets_in_an_exception_do_not_leave_the_process(sink, lines):
    """Neither from a request, nor a stream, nor a websocket; neither in a span nor a line, with no local variables."""
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        app = FastAPI()

        @app.websocket("/socket")
        async def socket(_socket: WebSocket) -> None:
            boom()

        app.get("/boom")(boom)
        app.get("/stream")(lambda: StreamingResponse(breaks_off()))
        instrument(app, telemetry)
        answer = await ask(app, "/boom")
        await ask(app, "/stream")
        with pytest.raises(ValueError, match="key"):
            await connect(app, "/socket")
        logging.getLogger("shop").error("failed", exc_info=ValueError(PLANTED))
    assert [span.status.code for span in sink.spans] == [2, 2, 2]
    assert "ValueError" in str(sink.spans)
    assert_clean(str(sink.spans), json.dumps(lines()), answer.text, str(answer.headers))


def assert_clean(*texts: str) -> None:
    for text in texts:
        for secret in (KEY, BEARER, PASSWORD, LOCAL):
            assert secret not in text


async def connect(app: FastAPI, path: str) -> None:
    async def receive():
        return {"type": "websocket.connect"}

    async def send(_message) -> None:
        pass

    scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"", "scheme": "ws", "subprotocols": []}
    await app({**scope, "server": ("t", 80), "client": ("c", 1), "root_path": ""}, receive, send)


async def test_many_apps_in_one_process_report_each_to_its_own(spans):
    others = Spans()
    with (
        start(TelemetrySettings(service_name="a"), span_processor=spans.processor) as a,
        start(TelemetrySettings(service_name="b"), span_processor=others.processor) as b,
    ):
        first, second = FastAPI(), FastAPI()
        instrument(first, a)
        instrument(second, b)
        await asyncio.gather(ask(first, "/x"), ask(second, "/x"))
    assert spans.only().resource.attributes["service.name"] == "a"
    assert others.only().resource.attributes["service.name"] == "b"


def test_where_the_old_names_were_chosen_before_the_query_stays_out_of_them_too():
    """OpenTelemetry asks once in a process which names to use, so this one needs a process of its own."""
    code = """
import asyncio, fastapi, httpx
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from telemetry import TelemetrySettings, instrument, start
from tests.telemetry.conftest import Spans
spans = Spans()
app = fastapi.FastAPI()
FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"])
with start(TelemetrySettings(), span_processor=spans.processor) as telemetry:
    instrument(app, telemetry)
    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            await client.get("/x?key=secret")
    asyncio.run(ask())
print(spans.only().attributes["http.method"], spans.only().attributes["http.url"])
"""
    out = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "GET http://t/x?key=REDACTED"
    assert out.stderr == ""
