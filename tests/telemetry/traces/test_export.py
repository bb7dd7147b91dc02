import gzip
import time

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import SecretStr

from telemetry import TelemetrySettings, start
from telemetry.traces._encode import encode
from telemetry.traces._receiver import Accepted, HttpReceiver, Refused

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


def test_joined_slices_are_the_request_that_one_encoding_would_be(telemetry, spans):
    for number in range(75):
        with telemetry.tracer.start_as_current_span(f"span {number}"):
            pass
    ours = ExportTraceServiceRequest.FromString(encode(spans.all()))
    whole = encode_spans(spans.all())

    def flat(request):
        return [
            (rs.resource.SerializeToString(), ss.scope.SerializeToString(), span.SerializeToString())
            for rs in request.resource_spans
            for ss in rs.scope_spans
            for span in ss.spans
        ]

    assert flat(ours) == flat(whole)


def test_secrets_do_not_leave_the_process(exporting, sink):
    with start(exporting) as telemetry, pytest.raises(ValueError, match="pv_"):
        with telemetry.tracer.start_as_current_span("query", attributes={"db.query": f"key='{KEY}'", "n": 1}) as span:
            span.add_event("seen", {"header": f"Bearer {KEY}"})
            raise ValueError(KEY)
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
        with telemetry.tracer.start_as_current_span("x") as span:
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


@pytest.mark.parametrize("body", [b"", b"\xff\xfe garbage", b"x" * 100_000], ids=["empty", "garbage", "long"])
def test_garbage_after_a_good_status_is_a_success(exporting, sink, body):
    sink.body = body
    receiver = HttpReceiver(exporting)
    assert receiver.post(b"", 5) == Accepted()
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
