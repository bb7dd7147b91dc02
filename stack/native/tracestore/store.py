"""The trace store: one thread that writes, a few that read, one file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from stack.native.tracestore.decode import Media
from stack.native.tracestore.errors import QueryTimeout
from stack.native.tracestore.limits import Limits
from stack.native.tracestore.rows import Rejected
from stack.native.tracestore.schema import open_reader, size_on_disk
from stack.native.tracestore.writer import Request, Writer

T = TypeVar("T")

_READERS = 2
_STEPS_BETWEEN_CHECKS = 20_000


class TraceStore:
    """Takes spans in and answers questions about them. Made by `open_store`; lives as long as the process.

    Attributes:
        path: the SQLite file.
        refused: requests refused since the start, by reason.
    """

    def __init__(self, path: Path, limits: Limits, writer: Writer) -> None:
        self.path = path
        self.limits = limits
        self.refused: Counter[str] = Counter()
        self._writer = writer
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="tracestore-reader")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    async def ingest(self, body: bytes, media: Media, encoding: str) -> Rejected:
        """Store the spans of an OTLP request; return, once they are on disk, what had to be left out.

        Raises:
            RequestRefused: nothing of it was stored.
        """
        request = Request(body, media, encoding)
        self._writer.submit(request)
        # Shielded: a sender that goes away must not cancel what the writer is about to answer.
        return await asyncio.shield(asyncio.wrap_future(request.answer))

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Run a question in a reading thread, on that thread's own connection.

        Raises:
            QueryTimeout: it took longer than `limits.query` and was stopped.
        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._ask, question)

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection()
        deadline = time.monotonic() + self.limits.query.total_seconds()
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_CHECKS)
        try:
            return question(connection)
        except sqlite3.OperationalError as error:
            if time.monotonic() > deadline:
                message = f"the query took longer than {self.limits.query.total_seconds():g} s: ask for a shorter time"
                raise QueryTimeout(message) from error
            raise
        finally:
            connection.set_progress_handler(None, 0)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_reader(self.path)
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        """End the questions, store what was accepted, close the file."""
        self._readers.shutdown(cancel_futures=True)
        for connection in self._connections:
            connection.close()
        self._writer.stop()

    @property
    def ready(self) -> bool:
        """Whether spans that come now would be stored."""
        return self._writer.ready

    @property
    def failure(self) -> str | None:
        """Why the last batch could not be stored, None while all is well."""
        return self._writer.failure

    @property
    def stored(self) -> int:
        """Spans stored since the start."""
        return self._writer.table.stored

    @property
    def removed(self) -> dict[str, int]:
        """Spans removed since the start to stay within the limits, by reason."""
        return dict(self._writer.table.removed)

    @property
    def bytes_on_disk(self) -> int:
        return size_on_disk(self.path)

    @property
    def oldest(self) -> float:
        """Unix time at which the oldest span started, 0 when there is none."""
        return self._writer.table.oldest


@contextmanager
def open_store(path: Path, limits: Limits | None = None) -> Iterator[TraceStore]:
    """Open the store in this file, creating it where it is missing; on exit store what was accepted.

    Raises:
        sqlite3.OperationalError: the file cannot be opened or written.
    """
    limits = limits or Limits()
    writer = Writer(path, limits)
    writer.start()
    store = TraceStore(path, limits, writer)
    try:
        yield store
    finally:
        store.close()
