"""Which spans of traces that are not sampled are exported nevertheless: those of requests that failed or were slow.

A span that was not sampled waits here until the first span of its trace in this process, the local root, has ended.
When one of them fails, or the root is a slow request, those that wait go out, and all that follow of this trace do;
else they are forgotten. Other processes have decided for themselves by then: what they recorded of the trace is there
only where it failed or was slow there as well.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

Reason = Literal["error", "slow"]

# Some 2 kB each. A trace whose local root never ends leaves when others need the room.
_MOST_WAITING: Final = 4096
_MOST_OF_ONE: Final = 512
_MOST_KEPT: Final = 1024


class KeptTraces:
    """Lives as long as the processor that asks it; safe in threads."""

    def __init__(self, *, errors: bool, slower_than: timedelta) -> None:
        self._errors = errors
        self._slow = slower_than // timedelta(microseconds=1) * 1000 or None
        self._waiting: OrderedDict[int, list[ReadableSpan]] = OrderedDict()
        self._count = 0
        self._kept: OrderedDict[int, Reason] = OrderedDict()
        self._lock = threading.RLock()  # the garbage collector may end a span in the midst of `ended`

    def __contains__(self, trace_id: int) -> bool:
        return trace_id in self._kept

    def ended(self, span: ReadableSpan) -> tuple[Sequence[ReadableSpan], Reason | None]:
        """Take a span that was not sampled and return those to export now, with the reason if it is a new one."""
        trace_id = span.context.trace_id
        with self._lock:
            if trace_id in self._kept:
                return (span,), None
            if reason := self._reason(span):
                return (*self._keep(trace_id, reason), span), reason
            if _is_local_root(span):
                self._forget(trace_id, span)
            else:
                self._wait(trace_id, span)
        return (), None

    def reason(self, trace_id: int) -> Reason:
        """Return why a trace is kept; `error` for one that was kept too long ago to know."""
        return self._kept.get(trace_id, "error")

    def clear(self) -> None:
        """Forget everything, as a forked child does: what waits is its parent's."""
        self._lock = threading.RLock()
        self._waiting.clear()
        self._kept.clear()
        self._count = 0

    def _reason(self, span: ReadableSpan) -> Reason | None:
        # A client's error (a 404 that was asked for) is none of the request's, unless the request fails too.
        if self._errors and span.status.status_code is StatusCode.ERROR and span.kind is not SpanKind.CLIENT:
            return "error"
        if self._slow is not None and span.kind is SpanKind.SERVER and _nanoseconds(span) > self._slow:
            return "slow"
        return None

    def _keep(self, trace_id: int, reason: Reason) -> list[ReadableSpan]:
        self._kept[trace_id] = reason
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        waited = self._waiting.pop(trace_id, [])
        self._count -= len(waited)
        return waited

    def _wait(self, trace_id: int, span: ReadableSpan) -> None:
        spans = self._waiting.setdefault(trace_id, [])
        if len(spans) < _MOST_OF_ONE:
            spans.append(span)
            self._count += 1
        while self._count > _MOST_WAITING:
            self._count -= len(self._waiting.popitem(last=False)[1])

    def _forget(self, trace_id: int, root: ReadableSpan) -> None:
        """Forget what waits below `root`; what waits below another local root of the same trace stays."""
        spans = self._waiting.pop(trace_id, None)
        if spans is None:
            return
        below = {root.context.span_id}
        others = []
        for span in reversed(spans):  # parents mostly end after their children
            if span.parent is not None and span.parent.span_id in below:
                below.add(span.context.span_id)
            else:
                others.append(span)
        self._count -= len(spans) - len(others)
        if others:
            self._waiting[trace_id] = others[::-1]


def _is_local_root(span: ReadableSpan) -> bool:
    return span.parent is None or span.parent.is_remote


def _nanoseconds(span: ReadableSpan) -> int:
    return (span.end_time or 0) - (span.start_time or 0)
