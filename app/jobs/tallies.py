"""The series of jobs that a worker exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.jobs.claim import Claim
from app.jobs.job import FINAL, OPERATION, Job
from telemetry import catalog

if TYPE_CHECKING:
    from telemetry import Telemetry


class Tallies:
    """Counts and times jobs; every outcome is exported from the start, so that a rate over it is never missing."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.stages = telemetry.histogram(catalog.JOB_STAGE_DURATION)
        self._finished = telemetry.counter(catalog.JOB_FINISHED)
        self._durations = telemetry.histogram(catalog.JOB_DURATION)
        self._waits = telemetry.histogram(catalog.JOB_QUEUE_WAIT)
        self._retries = telemetry.counter(catalog.JOB_RETRIES)
        self._output = telemetry.counter(catalog.JOB_OUTPUT_SECONDS)
        self._retries.labels(operation=OPERATION)
        self._output.labels(operation=OPERATION)
        for outcome in FINAL:
            self._finished.labels(operation=OPERATION, outcome=str(outcome), tier="standard")

    def started(self, mine: Claim) -> None:
        """Count the start of a run."""
        if mine.attempt == 1:
            self._waits.labels(operation=OPERATION).observe(mine.waited_seconds)
        else:
            self._retries.labels(operation=OPERATION).inc()

    def ran(self, outcome: str, seconds: float) -> None:
        """Time a run."""
        self._durations.labels(operation=OPERATION, outcome=outcome).observe(seconds)

    def finished(self, job: Job) -> None:
        """Count a job that reached a final state."""
        self._finished.labels(operation=OPERATION, outcome=str(job.state), tier=job.tier).inc()
        if job.output_seconds is not None:
            self._output.labels(operation=OPERATION).inc(job.output_seconds)
