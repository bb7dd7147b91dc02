"""What a running job sees of its worker: stages as spans and timers, progress, and the point where it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Final, Protocol

from opentelemetry.trace import Tracer
from prometheus_client import Histogram

from app.database.away import FAILED
from app.generation.generator import Cancelled
from app.jobs.job import OPERATION
from app.jobs.spans import exemplar
from telemetry.catalog import Event as LogEvent
from telemetry.catalog import Span
from telemetry.logs import get_logger

_log = get_logger(__name__)
_SECONDS_BETWEEN_REPORTS: Final = 0.5
# Where each stage lies on the way from 0 to 1; a stage of another name leaves the progress where it is.
_SHARES: Final = {
    Span.DECODE: (0.0, 0.1),
    Span.ANIMATE: (0.1, 0.85),
    Span.ENCODE: (0.85, 0.95),
    Span.STORE: (0.95, 1.0),
}


class HandedBackError(Exception):
    """Raised from `progress`: the worker is stopping and another run will do this job."""


class Report(Protocol):
    """Writes the stage and the progress so far; returns False when the job is to stop."""

    def __call__(self, stage: str | None, progress: float) -> bool: ...


class RunContext:
    """The `JobContext` of one run."""

    def __init__(self, report: Report, tracer: Tracer, durations: Histogram, giving_up: Event) -> None:
        self._report = report
        self._tracer = tracer
        self._durations = durations
        self._giving_up = giving_up
        self._stage: str | None = None
        self._progress = 0.0
        self._next_report = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Give the span and the timer of one stage."""
        self._stage = name
        self._advance(0.0)
        self._tell(at_once=True)
        started = time.monotonic()
        with self._tracer.start_as_current_span(name) as span:
            try:
                yield
            finally:
                seconds = time.monotonic() - started
                self._durations.labels(operation=OPERATION, stage=name).observe(seconds, exemplar(span))
                self._advance(1.0)

    def progress(self, fraction: float) -> None:
        """Report how much of the stage is done; raises `Cancelled` when the job is to stop."""
        self._advance(min(max(fraction, 0.0), 1.0))
        self._tell(at_once=False)

    def _advance(self, fraction: float) -> None:
        begin, end = _SHARES.get(self._stage or "", (self._progress, self._progress))
        self._progress = max(self._progress, begin + (end - begin) * fraction)

    def _tell(self, *, at_once: bool) -> None:
        if self._giving_up.is_set():
            raise HandedBackError
        if not at_once and time.monotonic() < self._next_report:
            return
        self._next_report = time.monotonic() + _SECONDS_BETWEEN_REPORTS
        if not _patiently(self._report, self._stage, self._progress):
            raise Cancelled


def _patiently(report: Callable[[str | None, float], bool], stage: str | None, progress: float) -> bool:
    try:
        return report(stage, progress)
    except FAILED as error:
        # A busy database costs a report, not the job.
        _log.warning(LogEvent.JOB_PROGRESS_NOT_WRITTEN, error_type=type(error).__name__)
        return True
