"""A receiver that is dead, refuses, hangs or comes back: no request waits, nothing is lost uncounted."""

import os
import socket
import time
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from telemetry import TelemetrySettings, start
from telemetry._families import Families
from telemetry.traces._processor import ExportProcessor, Limits
from telemetry.traces._receiver import Accepted, Refused
from telemetry.traces._reports import ExportReports
from telemetry.traces._selfmetrics import ExportMetrics


def value(telemetry, name, **labels):
    return telemetry.registry.get_sample_value(name, labels) or 0


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def end_spans(telemetry, count):
    for _ in range(count):
        telemetry.tracer.start_span("x").end()


def test_dead_receiver_costs_a_shutdown_no_more_than_three_seconds():
    settings = TelemetrySettings(otlp_endpoint=f"http://127.0.0.1:{unused_port()}")
    with start(settings) as telemetry:
        end_spans(telemetry, 10)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert value(telemetry, "telemetry_spans_dropped_total", reason="shutdown") == 10
    assert value(telemetry, "telemetry_export_failures_total", error_type="connect") >= 1


def test_hanging_receiver_costs_a_shutdown_no_more_than_three_seconds(sink):
    sink.hold.clear()
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        end_spans(telemetry, 10)
        assert sink.arrived.acquire(timeout=5)
        end_spans(telemetry, 5)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert value(telemetry, "telemetry_spans_dropped_total", reason="shutdown") == 15


def test_receiver_that_accepts_and_says_nothing_costs_no_more_either():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        with start(TelemetrySettings(otlp_endpoint=f"http://127.0.0.1:{mute.getsockname()[1]}")) as telemetry:
            end_spans(telemetry, 3)
            began = time.monotonic()
        assert time.monotonic() - began < 3
    assert value(telemetry, "telemetry_spans_dropped_total", reason="shutdown") == 3


def test_refusing_receiver_is_counted_and_logged_once(sink, lines):
    sink.answers.extend([400] * 5)
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        processor = telemetry.tracer_provider
        for _ in range(3):
            end_spans(telemetry, 2)
            assert processor.force_flush(5000)
        assert value(telemetry, "telemetry_spans_dropped_total", reason="export_failed") == 6
        assert value(telemetry, "telemetry_export_failures_total", error_type="http_400") == 3
        found = [line for line in lines() if line["event"].startswith("telemetry.export")]
        assert [(line["event"], line["error_type"]) for line in found] == [("telemetry.export_failed", "http_400")]


class Held:
    """A receiver under the test's control: answers from a list, and counts what it is asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.posts = 0

    def post(self, _body, _timeout):
        self.posts += 1
        return self.answers.pop(0) if self.answers else Accepted()

    def close(self):
        pass


@pytest.fixture
def families():
    return Families(CollectorRegistry())


QUICK = Limits(
    queue=4, batch=4, delay=timedelta(seconds=60), first_pause=timedelta(milliseconds=1), attempts=3,
    shutdown=timedelta(seconds=1),
)  # fmt: skip


def processor(families, receiver, limits=QUICK):
    return ExportProcessor(receiver, ExportMetrics(families), ExportReports("http://receiver"), limits)


def dropped(families, reason):
    return families.registry.get_sample_value("telemetry_spans_dropped_total", {"reason": reason})


@pytest.fixture
def ended(telemetry, spans):
    end_spans(telemetry, 10)
    return spans.all()


def test_full_queue_drops_the_newest_and_counts_them(families, ended):
    limits = Limits(queue=4, batch=100, delay=timedelta(seconds=60))
    exporter = processor(families, Held(), limits)
    for span in ended:
        exporter.on_end(span)
    assert dropped(families, "queue_full") == 6
    exporter.shutdown()
    assert families.registry.get_sample_value("telemetry_spans_exported_total") == 4


def test_passing_trouble_is_ridden_out(families, ended):
    receiver = Held(Refused("http_503", retry=True), Refused("connect", retry=True))
    exporter = processor(families, receiver)
    for span in ended[:4]:
        exporter.on_end(span)
    assert exporter.force_flush(5000)
    assert receiver.posts == 3
    assert families.registry.get_sample_value("telemetry_spans_exported_total") == 4
    exporter.shutdown()


def test_lasting_trouble_drops_the_batch_and_counts_every_try(families, ended):
    exporter = processor(families, Held(*[Refused("timeout", retry=True)] * 3))
    exporter.on_end(ended[0])
    assert exporter.force_flush(5000)
    assert dropped(families, "export_failed") == 1
    failures = {"error_type": "timeout"}
    assert families.registry.get_sample_value("telemetry_export_failures_total", failures) == 3
    exporter.shutdown()


def test_spans_that_end_after_the_shutdown_are_counted(families, ended):
    exporter = processor(families, Held())
    exporter.shutdown()
    exporter.on_end(ended[0])
    exporter.shutdown()
    assert dropped(families, "shutdown") == 1


def test_a_span_that_cannot_be_encoded_does_not_end_the_export(families, ended):
    receiver = Held()
    exporter = processor(families, receiver)

    class Broken:
        context = ended[0].context

    exporter.on_end(Broken())
    assert exporter.force_flush(5000)
    exporter.on_end(ended[0])
    assert exporter.force_flush(5000)
    assert (receiver.posts, dropped(families, "export_failed")) == (1, 1)
    exporter.shutdown()


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
def test_a_forked_child_exports_by_itself(sink):
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        telemetry.tracer.start_span("parent").end()
        child = os.fork()
        if child == 0:
            telemetry.tracer.start_span("child").end()
            os._exit(0 if telemetry.tracer_provider.force_flush(5000) else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert sorted(span.name for span in sink.spans) == ["child", "parent"]
