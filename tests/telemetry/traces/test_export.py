import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, set_span_in_context
from pydantic import SecretStr

from telemetry import TelemetrySettings, start
from telemetry.traces._answer import Accepted, Refused
from telemetry.traces._encode import encode_request, encode_span
from telemetry.traces._receiver import HttpReceiver

KEY = "pv_4f9d2c7a8b1e6035d4c2a1908f7e6b5d"


def value(telemetry, name, **labels):
    return telemetry.registry.get_sample_value(name, labels)


@pytest.fixture
def exporting(sink):
    return TelemetrySettings(service_name="shop", otlp_endpoint=sink.url)


def test_spans_arrive_compressed_and_are_counted(exporting, sink):
    before = time.time()
    with start(exporting) as telemetry:
        for number in range(100):
            with telemetry.tracer.start_as_current_span(f"span {number}"):
                pass
        assert value(telemetry, "telemetry_span_queue_length") == 100
    assert {span.name for span in sink.spans} == {f"span {number}" for number in range(100)}
    assert sink.headers[0]["content-encoding"] == "gzip"
    assert sink.headers[0]["content-type"] == "application/x-protobuf"
    assert value(telemetry, "telemetry_spans_exported_total") == 100
    assert value(telemetry, "telemetry_span_queue_length") == 0
    assert value(telemetry, "telemetry_export_last_success_timestamp_seconds") >= before
    assert all(
        value(telemetry, "telemetry_spans_dropped_total", reason=reason) == 0
        for reason in ("queue_full", "export_failed", "rejected", "shutdown")
    )


def ours(spans):
    return ExportTraceServiceRequest.FromString(encode_request([encode_span(span) for span in spans]))


_ATTRIBUTES = st.dictionaries(
    st.text(min_size=1),
    st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.lists(st.text()),
)


@given(_ATTRIBUTES, st.text(), st.sampled_from(SpanKind), st.booleans(), st.booleans(), st.none() | st.text(min_size=1))
def test_a_span_is_encoded_as_the_sdk_would(attributes, name, kind, remote, event, problem):
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    parent = NonRecordingSpan(SpanContext(1, 2, remote, TraceFlags(1)))
    span = provider.get_tracer("a", "1", "schema").start_span(
        name, set_span_in_context(parent) if remote else None, kind, attributes
    )
    if event:
        span.add_event("happened", {"texts": ["a", "b"]})
    if problem:
        span.set_status(StatusCode.ERROR, problem)
    span.end()
    finished = exporter.get_finished_spans()
    assert ours(finished) == encode_spans(finished)


def test_a_batch_is_grouped_as_the_sdk_would(telemetry, spans):
    other = telemetry.tracer_provider.get_tracer("another.library", "2")
    for number in range(75):
        with telemetry.tracer.start_as_current_span(f"span {number}"), other.start_as_current_span("inner"):
            pass
    whole = encode_spans(spans.all())

    def flat(request):
        return [
            (rs.resource.SerializeToString(), ss.scope.SerializeToString(), span.SerializeToString())
            for rs in request.resource_spans
            for ss in rs.scope_spans
            for span in ss.spans
        ]

    assert sorted(flat(ours(spans.all()))) == sorted(flat(whole))


def test_secrets_do_not_leave_the_process(exporting, sink):
    def query(telemetry):
        with telemetry.tracer.start_as_current_span("query", attributes={"db.query": f"key='{KEY}'", "n": 1}) as span:
            span.add_event("seen", {"header": f"Bearer {KEY}"})
            raise ValueError(KEY)

    with start(exporting) as telemetry, pytest.raises(ValueError, match="pv_"):
        query(telemetry)
    (span,) = sink.spans
    assert KEY[3:].encode() not in span.SerializeToString()
    assert span.status.message == "ValueError: pv_[redacted]"


def test_headers_of_the_settings_are_sent(sink):
    settings = TelemetrySettings(
        otlp_endpoint=sink.url, otlp_headers=SecretStr("x-team=gpu,Authorization=Bearer%20abc")
    )
    with start(settings) as telemetry, telemetry.tracer.start_as_current_span("x"):
        pass
    assert (sink.headers[0]["x-team"], sink.headers[0]["authorization"]) == ("gpu", "Bearer abc")


def test_unsampled_spans_are_not_exported(sink):
    with start(TelemetrySettings(otlp_endpoint=sink.url, sample_ratio=0)) as telemetry:
        span = telemetry.tracer.start_span("x")
        span.end()
    assert span.get_span_context().is_valid
    assert sink.spans == []
    assert value(telemetry, "telemetry_spans_exported_total") == 0


def test_spans_that_the_receiver_rejects_are_counted(exporting, sink):
    sink.reject = 2
    with start(exporting) as telemetry:
        for _ in range(5):
            telemetry.tracer.start_span("x").end()
    assert value(telemetry, "telemetry_spans_exported_total") == 3
    assert value(telemetry, "telemetry_spans_dropped_total", reason="rejected") == 2


@pytest.mark.parametrize(
    ("kind", "body", "answer"),
    [
        ("application/x-protobuf", b"", Accepted()),
        ("application/json", b"{}", Accepted()),
        ("application/json", b'{"partialSuccess": {"rejectedSpans": "3"}}', Accepted(3)),
        ("application/json", b"[1]", Refused("bad_answer", retry=False)),
        ("text/plain", b"OK", Accepted()),
        ("text/html; charset=utf-8", b"<html>", Refused("bad_answer", retry=False)),
        ("application/x-protobuf", b"\xff\xfe garbage", Refused("bad_answer", retry=False)),
        ("application/x-protobuf", b"x" * 100_000, Refused("bad_answer", retry=False)),
    ],
    ids=["empty", "json", "json rejects", "json garbage", "text", "web page", "garbage", "long"],
)
def test_a_good_status_counts_unless_the_answer_shows_that_nobody_understood(exporting, sink, kind, body, answer):
    sink.kind, sink.body = kind, body
    receiver = HttpReceiver(exporting)
    assert receiver.post(b"", 5) == answer
    assert receiver.post(b"", 5) == answer
    receiver.close()


def test_a_proxy_of_the_environment_is_asked(sink, monkeypatch):
    monkeypatch.setenv("http_proxy", sink.url.replace("//", "//user:pass%20word@"))
    monkeypatch.setenv("no_proxy", "")
    with start(TelemetrySettings(otlp_endpoint="http://collector.invalid:4318")) as telemetry:
        telemetry.tracer.start_span("x").end()
    assert [span.name for span in sink.spans] == ["x"]
    assert sink.headers[0]["host"] == "collector.invalid:4318"
    assert sink.headers[0]["proxy-authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="


def test_a_password_in_the_endpoint_is_sent_but_not_shown(sink):
    settings = TelemetrySettings(otlp_endpoint=sink.url.replace("//", "//user:secret@"))
    receiver = HttpReceiver(settings)
    assert receiver.post(b"", 5) == Accepted()
    assert sink.headers[0]["authorization"] == "Basic dXNlcjpzZWNyZXQ="
    assert receiver.url == f"{sink.url}/v1/traces"
    receiver.close()


@pytest.mark.parametrize(
    ("status", "retry"), [(400, False), (401, False), (404, False), (429, True), (500, False), (503, True)]
)
def test_only_what_may_pass_is_tried_again(exporting, sink, status, retry):
    sink.answers.append(status)
    receiver = HttpReceiver(exporting)
    assert receiver.post(gzip.compress(b""), 5) == Refused(f"http_{status}", retry=retry)
    receiver.close()


def test_an_apps_own_tracers_export_too_and_stop_with_the_process(exporting, sink):
    from opentelemetry import trace  # noqa: PLC0415

    tracer = trace.get_tracer("a.library")
    with start(exporting), tracer.start_as_current_span("inside"):
        pass
    with tracer.start_as_current_span("outside") as span:
        assert not span.is_recording()
    assert [span.name for span in sink.spans] == ["inside"]
