"""httpx and requests: one CLIENT span for each call, and the trace in its headers."""

import httpx
import pytest
import requests
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.trace import SpanKind

from telemetry import TelemetrySettings, start


async def by_httpx(url):
    with httpx.Client() as client:
        client.get(url)  # noqa: ASYNC212 - the sync client is what is tested


async def by_async_httpx(url):
    async with httpx.AsyncClient() as client:
        await client.get(url)


async def by_requests(url):
    with requests.Session() as session:
        session.get(url, timeout=5)


CLIENTS = pytest.mark.parametrize("ask", [by_httpx, by_async_httpx, by_requests])


def clients(spans):
    return [span for span in spans.all() if span.kind is SpanKind.CLIENT]


@CLIENTS
async def test_a_call_is_a_span_with_the_stable_names_and_hands_the_trace_on(telemetry, spans, far, ask):
    with telemetry.tracer.start_as_current_span("work") as work:
        await ask(f"{far.url}/things?page=2")
    (span,) = clients(spans)
    trace, parent = work.get_span_context().trace_id, work.get_span_context().span_id
    assert (span.name, span.context.trace_id, span.parent.span_id) == ("GET", trace, parent)
    assert far.headers[0]["traceparent"].split("-")[1:3] == [f"{trace:032x}", f"{span.context.span_id:016x}"]
    known = {name: span.attributes[name] for name in ("http.request.method", "server.address", "server.port")}
    assert known == {"http.request.method": "GET", "server.address": "127.0.0.1", "server.port": far.port}
    assert span.attributes["http.response.status_code"] == 200
    assert "http.method" not in span.attributes


@CLIENTS
async def test_a_trace_that_is_not_sampled_is_handed_on_as_such(spans, far, ask):
    with (
        start(TelemetrySettings(sample_ratio=0), span_processor=spans.processor) as telemetry,
        telemetry.tracer.start_as_current_span("work") as work,
    ):
        await ask(far.url)
    _, trace, _, flags = far.headers[0]["traceparent"].split("-")
    assert (trace, int(flags, 16) & 1) == (f"{work.get_span_context().trace_id:032x}", 0)
    assert spans.all() == []


@CLIENTS
async def test_nothing_is_left_when_telemetry_ends(far, ask):
    with start(TelemetrySettings()), start(TelemetrySettings()):
        pass
    await ask(far.url)
    assert "traceparent" not in far.headers[0]


@CLIENTS
async def test_nothing_is_done_where_it_is_switched_off(spans, far, ask):
    with (
        start(TelemetrySettings(outbound=()), span_processor=spans.processor) as telemetry,
        telemetry.tracer.start_as_current_span("work"),
    ):
        await ask(far.url)
    assert clients(spans) == []


async def test_only_what_is_named_is_instrumented(spans, far, monkeypatch):
    monkeypatch.setenv("PLAINVIEW_OUTBOUND", "requests, redis")
    with start(TelemetrySettings.read(), span_processor=spans.processor):
        await by_httpx(far.url)
        await by_requests(far.url)
    assert [span.instrumentation_scope.name for span in spans.all()] == ["opentelemetry.instrumentation.requests"]


def test_an_error_answer_and_a_refused_connection_are_errors(telemetry, spans, far):
    httpx.get(f"{far.url}/missing")
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:1/")
    assert [span.attributes["error.type"] for span in clients(spans)] == ["404", "ConnectError"]


def test_a_client_that_its_author_has_instrumented_too_makes_one_span(telemetry, spans, far):
    with httpx.Client() as client:
        HTTPXClientInstrumentor.instrument_client(client)
        client.get(far.url)
        client.get(far.url)
    assert len(clients(spans)) == 2


def test_instrumentation_of_the_author_is_left_alone_and_not_undone(spans, far):
    HTTPXClientInstrumentor().instrument()
    try:
        with start(TelemetrySettings(), span_processor=spans.processor):
            httpx.get(far.url)
        assert HTTPXClientInstrumentor().is_instrumented_by_opentelemetry
    finally:
        HTTPXClientInstrumentor().uninstrument()
    assert len(clients(spans)) == 1


def test_the_export_makes_no_spans_of_its_own(sink, spans):
    with start(TelemetrySettings(otlp_endpoint=sink.url), span_processor=spans.processor) as telemetry:
        for _ in range(3):
            telemetry.tracer.start_span("x").end()
            telemetry.tracer_provider.force_flush()
    assert [span.name for span in sink.spans] == ["x", "x", "x"]
    assert clients(spans) == []


@pytest.mark.parametrize(("propagators", "carried"), [("", False), ("tracecontext,baggage", True)])
def test_baggage_is_handed_on_only_where_it_was_asked_for(far, monkeypatch, propagators, carried):
    from opentelemetry import baggage, context  # noqa: PLC0415

    monkeypatch.setenv("OTEL_PROPAGATORS", propagators)
    token = context.attach(baggage.set_baggage("tier", "gold"))
    try:
        with start(TelemetrySettings()) as telemetry, telemetry.tracer.start_as_current_span("work"):
            httpx.get(far.url)
    finally:
        context.detach(token)
    assert ("baggage" in far.headers[0]) is carried
    assert "traceparent" in far.headers[0]


@CLIENTS
async def test_a_call_is_timed_by_host_and_status_with_an_exemplar(telemetry, registry, spans, far, ask):
    with telemetry.tracer.start_as_current_span("work"):
        await ask(far.url)
    await ask(f"{far.url}/missing")
    labels = {"http_request_method": "GET", "server_address": "127.0.0.1"}
    answered = {**labels, "http_response_status_code": "200", "error_type": ""}
    missing = {**labels, "http_response_status_code": "404", "error_type": "404"}
    assert registry.get_sample_value("http_client_request_duration_seconds_count", answered) == 1
    assert registry.get_sample_value("http_client_request_duration_seconds_count", missing) == 1
    exemplars = [
        sample.exemplar.labels["span_id"]
        for family in registry.collect()
        for sample in family.samples
        if family.name == "http_client_request_duration_seconds" and sample.exemplar
    ]
    assert exemplars == [f"{span.context.span_id:016x}" for span in clients(spans)]


@CLIENTS
async def test_a_call_without_an_answer_is_timed_with_its_error(telemetry, registry, ask):
    with pytest.raises((httpx.ConnectError, requests.ConnectionError)) as refused:
        await ask("http://127.0.0.1:9/")
    labels = {"http_request_method": "GET", "server_address": "127.0.0.1", "http_response_status_code": ""}
    counted = registry.get_sample_value(
        "http_client_request_duration_seconds_count", {**labels, "error_type": refused.type.__qualname__}
    )
    assert counted == 1
