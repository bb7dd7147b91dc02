"""The thread that writes: takes requests from a bounded queue, decodes them and stores them together."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from stack.native.tracestore.decode import Media, decode
from stack.native.tracestore.errors import BadBody, RequestRefused, Unavailable
from stack.native.tracestore.limits import Limits
from stack.native.tracestore.rows import Batch, Rejected, batch
from stack.native.tracestore.spans import SpanTable
from stack.native.tracestore.unpack import unpack
from telemetry.meters import BackgroundMeter

log = logging.getLogger("tracestore")

_TIDY_SECONDS: Final = 30.0


@dataclass(slots=True)
class Request:
    """An OTLP request as it came in; `answer` is set once its spans are on disk."""

    body: bytes
    media: Media
    encoding: str
    answer: Future[Rejected] = field(default_factory=Future)


class Writer:
    """Stores requests one batch at a time. Lives as long as the store.

    Attributes:
        table: the spans; its counts may be read from any thread.
        failure: why the last batch could not be stored, None while all is well.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.table = SpanTable(path, limits)
        self.failure: str | None = None
        self._limits = limits
        self._queue: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="tracestore-writer", daemon=True)

    @property
    def ready(self) -> bool:
        return self._thread.is_alive() and not self._stopping and self.failure is None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Store what was accepted, then close the file."""
        with self._lock:
            self._stopping = True
            self._queue.put(None)
        self._thread.join()
        self.table.close()

    def submit(self, request: Request) -> None:
        """Queue a request; its `answer` tells how it went.

        Raises:
            Unavailable: too much is waiting already, or the store is stopping.
        """
        size = len(request.body)
        with self._lock:
            if self._stopping:
                message = "the trace store is stopping"
                raise Unavailable(message)
            if self._waiting_bytes and self._waiting_bytes + size > self._limits.queue_bytes:
                message = f"{self._waiting_bytes} bytes wait to be written: try again"
                raise Unavailable(message)
            self._waiting_bytes += size
            self._queue.put(request)

    def _run(self) -> None:
        running = True
        meter = BackgroundMeter("tidy trace store")
        while running:
            requests, running = self._take()
            if requests:
                self._answer(requests)
            elif running:
                with self._noting_failure(), meter.run():
                    self.table.tidy()

    def _take(self) -> tuple[list[Request], bool]:
        """Wait for a request and take those that came with it; False after the last one."""
        requests: list[Request] = []
        size = 0
        try:
            item = self._queue.get(timeout=_TIDY_SECONDS)
            while item is not None:
                requests.append(item)
                size += len(item.body)
                if size >= self._limits.transaction_bytes:
                    return requests, True
                item = self._queue.get_nowait()
        except queue.Empty:
            return requests, True
        return requests, False

    def _answer(self, requests: list[Request]) -> None:
        decoded = [(request, content) for request in requests if (content := self._decode(request))]
        with self._lock:
            self._waiting_bytes -= sum(len(request.body) for request in requests)
        with self._noting_failure():
            self.table.write(row for _, content in decoded for row in content.rows)
        for request, content in decoded:
            if self.failure is None:
                request.answer.set_result(content.rejected)
            else:
                request.answer.set_exception(Unavailable(f"the spans could not be stored: {self.failure}"))

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Keep the thread alive whatever happens to one batch: the next may fit the disk again."""
        try:
            yield
            self.failure = None
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            log.exception("a batch could not be stored")

    def _decode(self, request: Request) -> Batch | None:
        try:
            content = unpack(request.body, request.encoding, self._limits.body_bytes)
            return batch(decode(content, request.media), self._limits.span_bytes)
        except RequestRefused as error:
            request.answer.set_exception(error)
        except Exception as error:  # decoding a stranger's bytes must not end the thread
            log.exception("a request could not be decoded")
            request.answer.set_exception(BadBody(f"the body cannot be decoded: {type(error).__name__}"))
        return None
