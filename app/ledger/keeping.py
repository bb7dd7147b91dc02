"""Writes a worker's book to the database as the seconds pass: `kill -9` takes what came after the last write.

Series: `cost_usd_total{kind}` for idle and overhead, as what runs cost is counted where they are measured;
`gpu_idle_seconds{device}`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from app.database.engine import Database
from app.ledger.book import Book
from app.ledger.entry import Entry
from app.ledger.rows import write
from telemetry import catalog
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from telemetry import Telemetry

_log = get_logger(__name__)
#: The most that a killed worker's ledger lacks, beside the time of one write.
FLUSH: Final = timedelta(seconds=1)
_UNHELD: Final = ("idle", "overhead")
_NANO: Final = 1e9


class Keeper:
    """Flushes one book, every second and when it is told to. Rows that cannot be written are kept for the next time.

    Attributes:
        book: what is kept.
    """

    def __init__(self, database: Database, worker_id: str, book: Book, telemetry: Telemetry) -> None:
        self.book = book
        self._database = database
        self._worker_id = worker_id
        self._cost = telemetry.counter(catalog.COST)
        self._idle = telemetry.gauge(catalog.GPU_IDLE).labels(book.device.kind)
        self._writing = threading.Lock()
        self._told: dict[str, tuple[str, int]] = {}
        self._failing = False
        self._stop = threading.Event()
        for kind in _UNHELD:
            self._cost.labels(kind)

    def run(self) -> None:
        """Flush until the stop."""
        while not self._stop.wait(FLUSH.total_seconds()):
            self.flush()

    def stop(self) -> None:
        """End the loop."""
        self._stop.set()

    def flush(self) -> None:
        """Write what changed since the last time."""
        self._idle.set(self.book.idle_seconds())
        with self._writing:  # else an older state of a row could be written after a newer one
            entries = self.book.changed()
            try:
                self._database.write(write, self._worker_id, self.book.device, self.book.price, entries)
                self._failing = False
            except SQLAlchemyError as error:
                self.book.again(entries)
                if not self._failing:
                    self._failing = True
                    _log.warning(catalog.Event.LEDGER_NOT_WRITTEN, error_type=type(error).__name__, rows=len(entries))
                return
            self._count(entries)

    def _count(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.held is not None or entry.nanousd is None:
                continue
            # One row of a kind is open at a time, and grows again after a run: the last one is remembered.
            told_id, told = self._told.get(entry.kind, ("", 0))
            self._cost.labels(entry.kind).inc((entry.nanousd - (told if told_id == entry.id else 0)) / _NANO)
            self._told[entry.kind] = entry.id, entry.nanousd


@contextmanager
def keeping(database: Database, worker_id: str, book: Book, telemetry: Telemetry) -> Iterator[Keeper]:
    """Keep the book while the block lasts, and write its last rows at the end."""
    keeper = Keeper(database, worker_id, book, telemetry)
    thread = threading.Thread(target=keeper.run, name="ledger", daemon=True)
    thread.start()
    try:
        yield keeper
    finally:
        keeper.stop()
        thread.join()
        keeper.flush()
