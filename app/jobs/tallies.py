"""The series of jobs that a worker exports."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from opentelemetry.trace import Span

from app.jobs.claim import Claim
from app.jobs.job import FINAL, OPERATION, Job, State
from app.jobs.spans import exemplar
from app.keys.key import TIERS
from telemetry import catalog
from telemetry.work import SOURCES

if TYPE_CHECKING:
    from telemetry import Telemetry

_COST_KINDS: Final = ("job", "retry", "cancelled", "failed")


class Tallies:
    """Counts and times jobs. Every count is exported from the start: one that appears as 1 has risen for nobody."""

    def __init__(self, telemetry: Telemetry, device: str) -> None:
        self.stages = telemetry.histogram(catalog.JOB_STAGE_DURATION)
        self._finished = telemetry.counter(catalog.JOB_FINISHED)
        self._durations = telemetry.histogram(catalog.JOB_DURATION)
        self._waits = telemetry.histogram(catalog.JOB_QUEUE_WAIT)
        self._retries = telemetry.counter(catalog.JOB_RETRIES)
        self._output = telemetry.counter(catalog.JOB_OUTPUT_SECONDS)
        self._output_bytes = telemetry.counter(catalog.JOB_OUTPUT_BYTES)
        self._quotes = telemetry.histogram(catalog.JOB_QUOTE_RATIO).labels(operation=OPERATION)
        self._etas = telemetry.histogram(catalog.JOB_ETA_RATIO).labels(operation=OPERATION)
        self._retries.labels(operation=OPERATION)
        self._output_bytes.labels(operation=OPERATION)
        self._output.labels(operation=OPERATION)
        for outcome, tier in product(FINAL, TIERS):
            self._finished.labels(operation=OPERATION, outcome=str(outcome), tier=tier)
        telemetry.counter(catalog.JOB_GPU_SECONDS).labels(operation=OPERATION, device=device)
        for source in SOURCES:
            telemetry.counter(catalog.GPU_OUT_OF_MEMORY).labels(operation=OPERATION, source=source)
        for kind in _COST_KINDS:
            telemetry.counter(catalog.COST).labels(kind=kind)

    def started(self, mine: Claim, span: Span) -> None:
        """Count the start of a run."""
        if mine.attempt == 1:
            self._waits.labels(operation=OPERATION, tier=mine.job.tier).observe(mine.waited_seconds, exemplar(span))
        else:
            self._retries.labels(operation=OPERATION).inc()

    def ran(self, outcome: str, seconds: float, span: Span) -> None:
        """Time a run."""
        self._durations.labels(operation=OPERATION, outcome=outcome).observe(seconds, exemplar(span))

    def finished(self, job: Job) -> None:
        """Count a job that reached a final state, and how well it was foretold."""
        self._finished.labels(operation=OPERATION, outcome=str(job.state), tier=job.tier).inc()
        if job.shared_from is not None:
            return  # nothing was foretold or made for it
        if job.state is State.SUCCEEDED and job.quoted_gpu_seconds:
            self._quotes.observe(job.gpu_seconds / job.quoted_gpu_seconds)
        if job.state is State.SUCCEEDED and job.quoted_end_at is not None and job.finished_at is not None:
            foretold, taken = job.quoted_end_at - job.created_at, job.finished_at - job.created_at
            if foretold:
                self._etas.observe(taken / foretold)
        if job.output_seconds is not None:
            self._output.labels(operation=OPERATION).inc(job.output_seconds)
        if job.result_bytes is not None:
            self._output_bytes.labels(operation=OPERATION).inc(job.result_bytes)
