"""The span processor: a bounded queue and one thread that posts batches.

`on_end` encodes the span and appends the bytes to a deque, so no request waits for a receiver, no live span is kept
for the garbage collector, and the thread has little to do but wait. The SDK's own BatchSpanProcessor encodes whole
batches in its thread (which shows in the slowest answers), drops without counting and can hold a shutdown for half a
minute.
"""

import contextlib
import os
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telemetry.traces._encode import EncodedSpan, encode_request, encode_span, with_reason
from telemetry.traces._kept import KeptTraces
from telemetry.traces._receiver import Accepted, Receiver, Refused
from telemetry.traces._reports import ExportReports
from telemetry.traces._selfmetrics import ExportMetrics


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the export. With these, 8,000 spans a second reach a receiver that takes 200 ms."""

    queue: int = 8192
    batch: int = 2048
    delay: timedelta = timedelta(seconds=1)
    timeout: timedelta = timedelta(seconds=10)
    attempts: int = 4
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(seconds=8)
    shutdown: timedelta = timedelta(seconds=2.5)


class ExportProcessor(SpanProcessor):
    """Exports finished spans that are sampled, or kept; lives as long as its tracer provider."""

    def __init__(
        self,
        receiver: Receiver,
        metrics: ExportMetrics,
        reports: ExportReports,
        limits: Limits | None = None,
        *,
        kept: KeptTraces | None = None,
    ) -> None:
        self._kept = kept
        self._receiver = receiver
        self._metrics = metrics
        self._reports = reports
        self._limits = limits or Limits()
        self._queue: deque[EncodedSpan] = deque()
        self._in_flight = 0
        self._accounts = threading.Lock()
        self._closing = threading.Event()
        self._abandoned = threading.Event()
        self._wake = threading.Event()
        self._deadline = float("inf")
        metrics.watch(lambda: len(self._queue))
        self._start()
        _restart_after_fork(self)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        pass

    def on_end(self, span: ReadableSpan) -> None:
        """Take a finished span, or count it as dropped. Never blocks, never raises."""
        if span.context is None:
            return
        if span.context.trace_flags.sampled:
            self._accept(span)
        elif self._kept is not None:
            self._accept_if_kept(span, self._kept)

    def _accept(self, span: ReadableSpan, reason: str | None = None) -> None:
        if self._closing.is_set():
            self._metrics.dropped(1, "shutdown")
        elif len(self._queue) >= self._limits.queue:
            self._metrics.dropped(1, "queue_full")
        else:
            self._append(span, reason)
            if len(self._queue) == self._limits.batch:
                self._wake.set()

    def _accept_if_kept(self, span: ReadableSpan, traces: KeptTraces) -> None:
        spans, new = traces.ended(span)
        if new is not None:
            self._metrics.kept(new)
        for kept in spans:
            self._accept(kept, traces.reason(span.context.trace_id))

    def _append(self, span: ReadableSpan, reason: str | None) -> None:
        try:
            encoded = encode_span(span)
            self._queue.append(encoded if reason is None else with_reason(encoded, reason))
        except Exception as error:  # noqa: BLE001 - a span that cannot be encoded must not break what it describes
            self._metrics.failed(type(error).__name__)
            self._metrics.dropped(1, "export_failed")

    def shutdown(self) -> None:
        """Send what is queued, within `Limits.shutdown`; what is left then is counted as dropped."""
        if self._closing.is_set():
            return
        self._deadline = time.monotonic() + self._limits.shutdown.total_seconds()
        self._closing.set()
        self._wake.set()
        self._thread.join(self._limits.shutdown.total_seconds())
        with self._accounts:
            self._abandoned.set()
            self._metrics.dropped(self._in_flight + len(self._queue), "shutdown")
            self._queue.clear()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what is queued now; False when that took longer than `timeout_millis`."""
        end = time.monotonic() + timeout_millis / 1000
        while (self._queue or self._in_flight) and time.monotonic() < end:
            self._wake.set()
            time.sleep(0.005)
        return not (self._queue or self._in_flight)

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="plainview-spans", daemon=True)
        self._thread.start()

    def _after_fork(self) -> None:
        """Begin anew in a child process: threads do not survive a fork, and the queued spans are the parent's."""
        self._queue.clear()
        if self._kept is not None:
            self._kept.clear()
        self._in_flight = 0
        self._accounts = threading.Lock()
        self._wake = threading.Event()
        self._start()

    def _run(self) -> None:
        while not self._abandoned.is_set():
            self._wake.wait(self._limits.delay.total_seconds())
            self._wake.clear()
            while self._queue and not self._abandoned.is_set():
                self._send(self._take())
            if self._closing.is_set():
                break
        self._receiver.close()

    def _take(self) -> list[EncodedSpan]:
        with self._accounts:
            self._in_flight = min(len(self._queue), self._limits.batch)
            return [self._queue.popleft() for _ in range(self._in_flight)]

    def _send(self, spans: list[EncodedSpan]) -> None:
        try:
            answer = self._post(encode_request(spans))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with one batch, the next must be tried
            answer = Refused(type(error).__name__, retry=False)
        with self._accounts:
            if not self._abandoned.is_set():  # else counted as dropped already
                self._account(answer, len(spans))
                self._in_flight = 0

    def _account(self, answer: Accepted | Refused, spans: int) -> None:
        match answer:
            case Accepted(rejected):
                self._metrics.exported(spans - rejected)
                self._metrics.dropped(rejected, "rejected")
                self._reports.worked()
            case Refused(error_type):
                self._metrics.dropped(spans, "shutdown" if self._closing.is_set() else "export_failed")
                self._reports.failed(error_type, spans)

    def _post(self, body: bytes) -> Accepted | Refused:
        pause = self._limits.first_pause.total_seconds()
        for attempt in range(1, self._limits.attempts + 1):
            timeout = min(self._limits.timeout.total_seconds(), self._deadline - time.monotonic())
            if timeout <= 0:
                return Refused("timeout", retry=False)
            answer = self._receiver.post(body, timeout)
            if isinstance(answer, Accepted):
                return answer
            self._metrics.failed(answer.error_type)
            if not answer.retry or self._closing.is_set() or attempt == self._limits.attempts:
                return answer
            longest = self._limits.longest_pause.total_seconds()
            self._closing.wait(min(answer.retry_after or pause, longest))
            pause *= 2
        return answer


def _restart_after_fork(processor: ExportProcessor) -> None:
    reference = weakref.WeakMethod(processor._after_fork)  # noqa: SLF001 - this module's own class

    def restart() -> None:
        with contextlib.suppress(Exception):
            if method := reference():
                method()

    os.register_at_fork(after_in_child=restart)
