"""The span processor: a bounded queue and one thread that posts batches.

`on_end` encodes the span and queues the bytes, so no request waits for a receiver, no live span is kept for the garbage
collector, and the thread has little to do but wait. The SDK's own BatchSpanProcessor encodes whole batches in its
thread (which shows in the slowest answers), drops without counting and can hold a shutdown for half a minute.

Every sampled span that ends is exported, dropped for one reason, or in the queue, also while it is on its way.
"""

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Sequence
from functools import partial

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telemetry.traces._answer import Accepted, Refused
from telemetry.traces._delivery import Delivery
from telemetry.traces._encode import EncodedSpan, encode_span, with_reason
from telemetry.traces._kept import KeptTraces
from telemetry.traces._limits import Limits
from telemetry.traces._queue import SpanQueue
from telemetry.traces._receiver import Receiver
from telemetry.traces._reports import ExportReports
from telemetry.traces._selfmetrics import ExportMetrics


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
        self._ends_by = float("-inf")
        self._ending = False
        self._queue: SpanQueue
        self._delivery: Delivery
        self._begin()
        metrics.watch(lambda: len(self._queue))
        _begin_again_after_fork(self)

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
        if self._queue.full:  # what will be dropped need not be encoded
            self._metrics.dropped(1, "queue_full")
            return
        try:
            encoded = encode_span(span)
            if reason is not None:
                encoded = with_reason(encoded, reason)
        except Exception as error:  # noqa: BLE001 - a span that cannot be encoded must not break what it describes
            self._metrics.failed(type(error).__name__)
            self._metrics.dropped(1, "export_failed")
            return
        if refused := self._queue.offer(encoded):
            self._metrics.dropped(1, refused)

    def _accept_if_kept(self, span: ReadableSpan, traces: KeptTraces) -> None:
        spans, new = traces.ended(span)
        if new is not None:
            self._metrics.kept(new)
        for kept in spans:
            self._accept(kept, traces.reason(span.context.trace_id))

    def shutdown(self) -> None:
        """Send what is queued, within `Limits.shutdown`; what is left then is counted as dropped."""
        if self._queue.stopped:
            return
        seconds = max(0.0, self._end_by() - time.monotonic())
        self._delivery.finish_by(time.monotonic() + seconds)
        self._queue.stop()
        self._thread.join(seconds)
        self._metrics.dropped(self._queue.abandon(), "shutdown")
        self._delivery.give_up()

    def finish(self) -> None:
        """Send what is queued, as a server does that ends: within `Limits.shutdown`, which a shutdown soon after shares.

        Spans that end later are taken still.
        """
        self._ends_by = self._end_by()
        self._delivery.finish_by(self._ends_by)
        self._ending = True
        self._queue.ready.set()
        self._queue.wait(max(0.0, self._ends_by - time.monotonic()))
        self._ending = False
        self._delivery.go_on()

    def _end_by(self) -> float:
        """Return when an end that begins now has to be over: the end that began just before, if there was one."""
        now, seconds = time.monotonic(), self._limits.shutdown.total_seconds()
        return self._ends_by if now < self._ends_by + seconds else now + seconds

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what is queued now; False when that took longer than `timeout_millis`."""
        self._queue.ready.set()
        return self._queue.wait(timeout_millis / 1000)

    def _begin(self) -> None:
        limits = self._limits
        self._queue = SpanQueue(limits.queue, limits.queue_bytes, limits.batch)
        self._delivery = Delivery(self._receiver, limits, self._metrics.failed)
        self._thread = threading.Thread(target=self._run, name="plainview-spans", daemon=True)
        self._thread.start()

    def begin_again(self) -> None:
        """Begin anew in a child process: threads do not survive a fork, the queue and the connection are the parent's."""
        if self._kept is not None:
            self._kept.clear()
        if not self._queue.stopped:
            self._receiver.close()
            self._begin()

    def _run(self) -> None:
        queue = self._queue
        while True:
            queue.ready.wait(self._limits.delay.total_seconds())
            queue.ready.clear()
            stopped = queue.stopped
            for batch in self._delivery.batches(queue.take()):
                self._send(batch)
            if stopped:
                break
        self._receiver.close()

    def _send(self, batch: Sequence[EncodedSpan]) -> None:
        for spans, answer in self._delivery.deliver(batch):
            rejected = min(answer.rejected, len(spans)) if isinstance(answer, Accepted) else 0
            if self._queue.settle(spans, partial(self._count, len(spans), rejected, answer)):
                self._report(len(spans), rejected, answer)

    def _count(self, spans: int, rejected: int, answer: Accepted | Refused) -> None:
        if isinstance(answer, Accepted):
            self._metrics.exported(spans - rejected)
            self._metrics.dropped(rejected, "rejected")
        else:
            ending = self._ending or self._queue.stopped
            self._metrics.dropped(spans, "shutdown" if ending and answer.retry else "export_failed")

    def _report(self, spans: int, rejected: int, answer: Accepted | Refused) -> None:
        if isinstance(answer, Refused):
            self._reports.failed(answer.error_type, spans)
        elif rejected:
            self._reports.failed("rejected", rejected)
        else:
            self._reports.worked()


def _begin_again_after_fork(processor: ExportProcessor) -> None:
    reference = weakref.WeakMethod(processor.begin_again)

    def begin_again() -> None:
        with contextlib.suppress(Exception):
            if method := reference():
                method()

    os.register_at_fork(after_in_child=begin_again)
