"""The bounds of the trace store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

KIB = 1024
MIB = 1024 * KIB

MIN_STORE_BYTES = 4 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what is taken in, kept and given out.

    Attributes:
        store_bytes: bound on the database with its write-ahead log; the oldest traces go first.
        age: spans that started longer ago are removed.
        body_bytes: bound on one OTLP request, as sent and again as unpacked. A collector's default
            batch of 8,192 spans takes some 8 MiB.
        queue_bytes: requests that wait to be written; beyond it the sender is told to try again.
        span_bytes: bound on one span; a larger one is rejected, the rest of its request is kept.
        trace_spans: most spans of one trace in an answer.
        answer_spans: most spans in the answer to a search, all traces together.
        search_traces: largest `limit` of a search.
        query: time after which a query is stopped. Readers hold back checkpoints, so it also
            bounds how far the write-ahead log can grow.
    """

    store_bytes: int = 512 * MIB
    age: timedelta = timedelta(days=7)
    body_bytes: int = 16 * MIB
    queue_bytes: int = 32 * MIB
    span_bytes: int = 512 * KIB
    trace_spans: int = 20_000
    answer_spans: int = 50_000
    search_traces: int = 1_500
    query: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        if self.store_bytes < MIN_STORE_BYTES:
            message = f"store_bytes is {self.store_bytes}: the trace store needs at least {MIN_STORE_BYTES} (4 MiB)"
            raise ValueError(message)

    @property
    def wal_bytes(self) -> int:
        """Share of `store_bytes` set aside for the write-ahead log."""
        return min(16 * MIB, self.store_bytes // 4)

    @property
    def transaction_bytes(self) -> int:
        """Spans written in one transaction; small enough that its log stays within `wal_bytes`."""
        return max(64 * KIB, self.wal_bytes // 16)
