"""A receiver that is dead, refuses, hangs, talks nonsense or comes back: no request waits, nothing is lost uncounted."""

import os
import socket
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks.receivers import BEHAVIOURS, TraceReceiver
from telemetry import TelemetrySettings, start
from telemetry.traces._answer import Refused
from telemetry.traces._reports import ExportReports
from tests.telemetry.traces.exporting import QUICK, Exporting, Scripted


def value(telemetry, name, **labels):
    return telemetry.registry.get_sample_value(name, labels) or 0


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def end_spans(telemetry, count):
    for _ in range(count):
        telemetry.tracer.start_span("x").end()


@pytest.fixture
def receiver():
    with TraceReceiver() as receiver:
        yield receiver


@pytest.fixture
def exporting(receiver, ended):
    exporting = Exporting(receiver.url, ended)
    yield exporting
    exporting.processor.shutdown()


WHAT_HAPPENS = {
    "429": ("export_failed", "http_429", 10),
    "503": ("export_failed", "http_503", 10),
    "400": ("export_failed", "http_400", 10),
    "413": ("export_failed", "http_413", 10),
    "not HTTP": ("export_failed", "not_http", 10),
    "web page": ("export_failed", "bad_answer", 10),
    "unreadable": ("export_failed", "bad_answer", 10),
    "half a body": ("export_failed", "connection", 10),
    "partial success": ("rejected", None, 3),
    "absurd partial success": ("rejected", None, 10),
}


@pytest.mark.parametrize("behaviour", WHAT_HAPPENS)
def test_what_does_not_get_through_is_counted_and_a_recovered_receiver_gets_the_next(behaviour, receiver, ended):
    reason, error_type, lost = WHAT_HAPPENS[behaviour]
    # What `429` asks for is kept, and may last no longer than the test likes.
    exporting = Exporting(receiver.url, ended, replace(QUICK, longest_asked=timedelta(milliseconds=5)))
    receiver.behave = BEHAVIOURS[behaviour]
    exporting.end(10)
    exporting.flush()
    assert (exporting.dropped(reason), exporting.exported, exporting.queued) == (lost, 10 - lost, 0)
    assert bool(exporting.last_success) == (lost < 10)
    if error_type:
        assert exporting.failures(error_type) >= 1
    receiver.behave = BEHAVIOURS["healthy"]
    before = time.time()
    exporting.end(5)
    exporting.flush()
    assert exporting.exported == 15 - lost
    assert exporting.last_success >= before
    exporting.processor.shutdown()
    assert exporting.accounted == 15


@pytest.mark.parametrize("behaviour", ["dead", *WHAT_HAPPENS, "slow"])
def test_shutdown_ends_within_three_seconds(behaviour, receiver):
    receiver.behave = BEHAVIOURS.get(behaviour, receiver.behave)
    url = f"http://127.0.0.1:{unused_port()}" if behaviour == "dead" else receiver.url
    with start(TelemetrySettings(otlp_endpoint=url)) as telemetry:
        end_spans(telemetry, 10)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    exported = value(telemetry, "telemetry_spans_exported_total")
    reasons = ("shutdown", "rejected", "export_failed")
    lost = {reason: value(telemetry, "telemetry_spans_dropped_total", reason=reason) for reason in reasons}
    assert exported + sum(lost.values()) == 10
    if behaviour in ("dead", "429", "503", "half a body", "slow"):
        assert lost["shutdown"] == 10
    assert value(telemetry, "telemetry_span_queue_length") == 0


@pytest.mark.slow
def test_shutdown_in_the_midst_of_a_hanging_post_counts_what_is_on_its_way(sink):
    sink.hold.clear()
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        end_spans(telemetry, 10)
        assert sink.arrived.acquire(timeout=5)
        end_spans(telemetry, 5)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert value(telemetry, "telemetry_spans_dropped_total", reason="shutdown") == 15


def test_receiver_that_holds_its_answer_fills_the_queue_and_no_more(sink, ended):
    sink.hold.clear()
    exporting = Exporting(sink.url, ended, replace(QUICK, queue=50, batch=20))
    exporting.end(20)
    assert sink.arrived.acquire(timeout=5)
    exporting.end(180)
    assert (exporting.queued, exporting.dropped("queue_full")) == (50, 150)
    sink.hold.set()
    exporting.flush()
    assert exporting.exported == 50
    exporting.processor.shutdown()


def test_dead_receiver_gets_what_waited_when_it_is_back(ended):
    port = unused_port()
    exporting = Exporting(f"http://127.0.0.1:{port}", ended, replace(QUICK, patience=timedelta(seconds=30)))
    exporting.end(10)
    assert not exporting.processor.force_flush(20)
    assert exporting.failures("connect") >= 1
    with TraceReceiver(port=port) as receiver:
        exporting.flush()
        assert (receiver.spans, exporting.exported) == (10, 10)
        exporting.processor.shutdown()


def trickle(client):
    """Answer a byte at a time, each well within the timeout, until the other side hangs up."""
    client.settimeout(0.01)
    try:
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            client.sendall(b"x")
            with suppress(TimeoutError):
                if not client.recv(65536):
                    return
    except ConnectionError:
        return


def test_trickling_receiver_cannot_outlast_the_timeout(ended):
    with socket.create_server(("127.0.0.1", 0)) as server:
        exporting = Exporting(
            f"http://127.0.0.1:{server.getsockname()[1]}", ended, replace(QUICK, timeout=timedelta(milliseconds=100))
        )
        exporting.end()
        exporting.processor.force_flush(0)
        server.settimeout(5)
        client, _ = server.accept()
        with client:
            trickle(client)
        exporting.processor.shutdown()
    assert exporting.failures("timeout") >= 1


def test_receiver_that_hangs_up_after_each_answer_loses_nothing(receiver, exporting):
    receiver.behave = replace(BEHAVIOURS["healthy"], hangs_up=True)
    for _ in range(5):
        exporting.end()
        exporting.flush()
    assert (exporting.exported, receiver.posts) == (5, 5)


def test_refusing_receiver_is_logged_once(sink, lines):
    sink.answers.extend([400] * 5)
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        processor = telemetry.tracer_provider
        for _ in range(3):
            end_spans(telemetry, 2)
            assert processor.force_flush(5000)
        assert value(telemetry, "telemetry_export_failures_total", error_type="http_400") == 3
        found = [line for line in lines() if line["event"].startswith("telemetry.export")]
        assert [(line["event"], line["error_type"]) for line in found] == [("telemetry.export_failed", "http_400")]


def test_full_queue_drops_the_newest_and_counts_them(ended):
    exporting = Exporting(Scripted(), ended, replace(QUICK, queue=4, batch=100))
    exporting.end(10)
    assert exporting.dropped("queue_full") == 6
    exporting.processor.shutdown()
    assert exporting.exported == 4


def test_large_spans_fill_the_queue_by_their_size(ended):
    exporting = Exporting(Scripted(), ended, replace(QUICK, queue_bytes=1000))
    exporting.end(100)
    assert 1 <= exporting.queued < 20
    assert exporting.dropped("queue_full") == 100 - exporting.queued
    exporting.processor.shutdown()


def test_spans_that_end_after_the_shutdown_are_counted(ended):
    exporting = Exporting(Scripted(), ended)
    exporting.processor.shutdown()
    exporting.end()
    exporting.processor.shutdown()
    assert exporting.dropped("shutdown") == 1


def test_a_span_that_cannot_be_encoded_does_not_end_the_export(ended):
    receiver = Scripted()
    exporting = Exporting(receiver, ended)

    class Broken:
        context = ended[0].context

    exporting.processor.on_end(Broken())
    exporting.end()
    exporting.flush()
    assert (receiver.posts, exporting.exported, exporting.dropped("export_failed")) == (1, 1, 1)
    exporting.processor.shutdown()


def test_receiver_that_raises_does_not_end_the_export(ended):
    class Raising(Scripted):
        def post(self, body, timeout):
            if not self.posts:
                self.posts += 1
                raise RuntimeError("a bug")
            return super().post(body, timeout)

    exporting = Exporting(Raising(Refused("http_503", retry=True)), ended)
    for _ in range(2):
        exporting.end()
        exporting.flush()
    assert (exporting.exported, exporting.dropped("export_failed")) == (1, 1)
    exporting.processor.shutdown()


def test_trouble_is_told_at_once_then_once_a_minute_then_that_it_is_over(telemetry, lines):
    now = [0.0]
    reports = ExportReports("http://receiver", lambda: now[0])
    for second in range(0, 130, 10):
        now[0] = float(second)
        reports.failed("connect", 5)
    reports.worked()
    reports.worked()
    found = [(line["event"], line["spans_lost"]) for line in lines()]
    assert found == [
        ("telemetry.export_failed", 5),
        ("telemetry.export_failed", 35),
        ("telemetry.export_failed", 65),
        ("telemetry.export_recovered", 65),
    ]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_exports_by_itself_over_its_own_connection(sink):
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        telemetry.tracer.start_span("sent").end()
        assert telemetry.tracer_provider.force_flush(5000)
        telemetry.tracer.start_span("parent").end()
        child = os.fork()
        if child == 0:
            telemetry.tracer.start_span("child").end()
            os._exit(0 if telemetry.tracer_provider.force_flush(5000) else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert sorted(span.name for span in sink.spans) == ["child", "parent", "sent"]
