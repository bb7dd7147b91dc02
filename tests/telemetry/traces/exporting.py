"""An export processor with limits of a test's own, and what its series say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from opentelemetry.sdk.trace import ReadableSpan
from prometheus_client import CollectorRegistry

from telemetry import TelemetrySettings
from telemetry._families import Families
from telemetry.traces._answer import Accepted, Refused
from telemetry.traces._limits import Limits
from telemetry.traces._processor import ExportProcessor
from telemetry.traces._receiver import HttpReceiver, Receiver
from telemetry.traces._reports import ExportReports
from telemetry.traces._selfmetrics import ExportMetrics

#: Nothing is sent before it is flushed, no pause is felt, and trying again soon comes to an end.
QUICK = Limits(
    delay=timedelta(minutes=1),
    first_pause=timedelta(milliseconds=1),
    longest_pause=timedelta(milliseconds=2),
    patience=timedelta(milliseconds=20),
    shutdown=timedelta(seconds=1),
)


class Scripted:
    """A receiver that gives the answers it was made with, then accepts."""

    def __init__(self, *answers: Accepted | Refused) -> None:
        self.answers = list(answers)
        self.posts = 0

    def post(self, _body: bytes, _timeout: float) -> Accepted | Refused:
        self.posts += 1
        return self.answers.pop(0) if self.answers else Accepted()

    def close(self) -> None:
        pass


class Exporting:
    """Ends spans, and reads what became of them."""

    def __init__(self, receiver: Receiver | str, spans: Sequence[ReadableSpan], limits: Limits = QUICK) -> None:
        families = Families(CollectorRegistry())
        if isinstance(receiver, str):
            receiver = HttpReceiver(TelemetrySettings(otlp_endpoint=receiver))
        self._registry = families.registry
        self._span = spans[0]
        self.processor = ExportProcessor(receiver, ExportMetrics(families), ExportReports("http://receiver"), limits)

    def end(self, count: int = 1) -> None:
        for _ in range(count):
            self.processor.on_end(self._span)

    def flush(self) -> None:
        assert self.processor.force_flush(5000)

    @property
    def exported(self) -> float:
        return self._value("telemetry_spans_exported_total")

    @property
    def queued(self) -> float:
        return self._value("telemetry_span_queue_length")

    @property
    def last_success(self) -> float:
        return self._value("telemetry_export_last_success_timestamp_seconds")

    def dropped(self, reason: str) -> float:
        return self._value("telemetry_spans_dropped_total", reason=reason)

    def failures(self, error_type: str) -> float:
        return self._value("telemetry_export_failures_total", error_type=error_type)

    @property
    def accounted(self) -> float:
        reasons = ("queue_full", "export_failed", "rejected", "shutdown")
        return self.exported + self.queued + sum(self.dropped(reason) for reason in reasons)

    def _value(self, name: str, **labels: str) -> float:
        return self._registry.get_sample_value(name, labels) or 0
