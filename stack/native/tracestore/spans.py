"""The table of spans as the writing thread sees it: rows go in, the file stays within its limits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stack.native.tracestore.limits import Limits
from stack.native.tracestore.names import Names
from stack.native.tracestore.retention import Retention
from stack.native.tracestore.rows import Row
from stack.native.tracestore.schema import first_start, open_writer, wal_size

_INSERT: Final = f"INSERT OR IGNORE INTO span VALUES (NULL, {', '.join('?' * 12)})"  # noqa: S608 - question marks

# Columns and index entries of a span besides its payload, roughly.
_ROW_BYTES: Final = 64


class SpanTable:
    """Owns the only connection that writes; for one thread at a time. Lives as long as the store.

    Attributes:
        stored: spans stored since the start; a span that was sent twice counts once.
        oldest: Unix time at which the oldest span started, 0 when there is none.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._connection = open_writer(path, limits.wal_bytes)
        self._names = Names(self._connection)
        self._retention = Retention(self._connection, self._names, limits)
        self._retention.settle()
        self.stored = 0
        self.oldest = first_start(self._connection)

    @property
    def removed(self) -> dict[str, int]:
        """Spans removed since the start, by reason."""
        return self._retention.removed

    def close(self) -> None:
        self._connection.close()

    def write(self, rows: Iterable[Row]) -> None:
        """Store the rows, in transactions of bounded size, after making room for each."""
        pending: list[Row] = []
        named: set[str | bytes] = set()
        size = 0
        for row in rows:
            pending.append(row)
            size += len(row.payload) + _ROW_BYTES + _name_bytes(row, named)
            if size >= self._limits.transaction_bytes:
                self._store(pending, size)
                pending, size = [], 0
                named.clear()
        if pending:
            self._store(pending, size)
        self.oldest = first_start(self._connection)

    def tidy(self) -> None:
        """Remove what has become too old, and move the log into the file."""
        self._retention.remove_old()
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self.oldest = first_start(self._connection)

    def _store(self, rows: list[Row], size: int) -> None:
        self._retention.make_room(size)
        with self._transaction():
            values = [self._values(row) for row in rows]
            before = self._connection.total_changes
            self._connection.executemany(_INSERT, values)
            stored = self._connection.total_changes - before
            (last,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM span").fetchone()
            self._names.mark_used(last)
        self.stored += stored
        if wal_size(self._path) > self._limits.wal_bytes:
            # Only a long query keeps the log from being reused: wait for it, it has a deadline.
            self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def _values(self, row: Row) -> tuple[bytes | int, ...]:
        names = self._names
        service = names.service(row.service)
        operation = names.operation(service, row.operation, row.kind)
        return (
            row.trace_id,
            row.span_id,
            row.parent_id,
            row.kind,
            row.status,
            service,
            operation,
            names.resource(row.resource),
            names.scope(row.scope),
            row.start,
            row.duration,
            row.payload,
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            self._names.forget()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _name_bytes(row: Row, named: set[str | bytes]) -> int:
    """Return the bytes of the names of a row that are not in `named`, and add them.

    Names that the file has already count too, once in a transaction: making room may remove them first.
    """
    names: set[str | bytes] = {row.service, row.operation, row.resource, row.scope}
    names -= named
    named |= names
    return sum(map(len, names))
