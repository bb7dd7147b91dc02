"""Keeps the file within its size and the spans within their age, oldest traces first."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from stack.native.tracestore.limits import Limits
from stack.native.tracestore.names import Names

# Rows looked at, and rows removed, in one transaction: keeps the log small and the writer responsive.
_LOOK = 200
_REMOVE = 2_000

# A span takes about twice its payload: columns, four indexes, half-filled pages.
_GROWTH = 3


class Retention:
    """Removes traces so that what comes next fits. Used by the writing thread, outside its transactions.

    Attributes:
        removed: spans removed since the start, by reason (`size`, `age`).
    """

    def __init__(
        self, connection: sqlite3.Connection, names: Names, limits: Limits, clock: Callable[[], float] = time.time
    ) -> None:
        self._connection = connection
        self._names = names
        self._limits = limits
        self._clock = clock
        self._page_bytes = self._pragma("page_size")
        self._max_pages = (limits.store_bytes - limits.wal_bytes) // self._page_bytes
        self.removed = {"size": 0, "age": 0}

    def settle(self) -> None:
        """Bring a file that an earlier start with a larger cap left behind within the cap."""
        self.remove_old()
        self.make_room(0)
        if self._pragma("page_count") > self._max_pages:
            # A script, because `execute` stops at the first page freed: the statement has rows without columns.
            self._connection.executescript("PRAGMA incremental_vacuum")
        # The last line of defence: past this SQLite itself refuses to grow the file.
        self._connection.execute(f"PRAGMA max_page_count = {self._max_pages}")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def make_room(self, payload_bytes: int) -> None:
        """Remove the oldest traces until spans of so many bytes fit."""
        needed = payload_bytes * _GROWTH // self._page_bytes + 64
        if self._used_pages() + needed <= self._max_pages:
            return
        # A little more than needed, so that the next transactions find room at once.
        goal = self._max_pages - needed - self._max_pages // 50
        while self._used_pages() > goal and (count := self._remove("ORDER BY id", ())):
            self.removed["size"] += count
            self._forget_names()  # at each turn: a trace's resource may be larger than its spans

    def remove_old(self) -> None:
        """Remove the traces that are past the age limit."""
        oldest = int((self._clock() - self._limits.age.total_seconds()) * 1e9)
        removed = 0
        while count := self._remove("WHERE start < ? ORDER BY start", (oldest,)):
            removed += count
        if removed:
            self.removed["age"] += removed
            self._forget_names()

    def _remove(self, which: str, parameters: tuple[int, ...]) -> int:
        """Remove the traces of the first spans of an order; return how many spans that were."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            cursor = self._connection.execute(
                f"""DELETE FROM span WHERE id IN (
                    SELECT id FROM span WHERE trace_id IN (SELECT trace_id FROM span {which} LIMIT {_LOOK})
                    LIMIT {_REMOVE})""",  # noqa: S608 - clauses from this class
                parameters,
            )
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return cursor.rowcount

    def _forget_names(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._names.remove_unused()
        self._connection.execute("COMMIT")

    def _used_pages(self) -> int:
        return self._pragma("page_count") - self._pragma("freelist_count")

    def _pragma(self, name: str) -> int:
        (value,) = self._connection.execute(f"PRAGMA {name}").fetchone()
        return int(value)
