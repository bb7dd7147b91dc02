"""Handles what the queue delivers: claim the job, run it, end it. One trace with the request that submitted it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, NoReturn

from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanKind

from app.database.away import FAILED
from app.database.engine import Database
from app.jobs import claims
from app.jobs.attempt import Attempt
from app.jobs.claim import Claim, Ending
from app.jobs.job import Job, RunOutcome, State
from app.jobs.queue import TryAgain
from app.jobs.restarting import Restarting
from app.jobs.rows import as_job
from app.jobs.spans import facts, parent_of, record_ending, record_wait
from app.jobs.tallies import Tallies
from app.jobs.worker_files import WorkerFiles
from app.jobs.worker_identity import Identity
from app.ledger.energy import Tariff
from app.ledger.rows import energy_of
from app.repeats import generations
from telemetry.catalog import Event, Span
from telemetry.context import bound
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from telemetry import Telemetry

_log = get_logger(__name__)
# The job is this worker's for as long as nobody else can take it; whoever did is found out when the database is back.
_MOST_SECONDS_AWAY: Final = 120.0
_SECONDS_BETWEEN_TRIES: Final = 0.5


class Runner:
    """Runs the jobs whose ids the queue delivers, one at a time. Lives as long as the worker.

    Attributes:
        is_parked: whether a delivery waits here for the next worker, and will never return to the queue.
    """

    def __init__(  # noqa: PLR0913 - the parts that a run passes through
        self,
        database: Database,
        files: WorkerFiles,
        attempt: Attempt,
        identity: Identity,
        telemetry: Telemetry,
        *,
        restarting: Restarting,
        tariff: Tariff,
    ) -> None:
        self._database = database
        self._files = files
        self._attempt = attempt
        self._identity = identity
        self._restarting = restarting
        self._tariff = tariff
        self._tracer = telemetry.tracer
        self._tallies = Tallies(telemetry, identity.device.kind)
        self._draining = threading.Event()
        self._giving_up = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self.is_parked = False

    @property
    def is_idle(self) -> bool:
        """Whether no job is running."""
        return self._idle.is_set()

    def drain(self) -> None:
        """Start no job from now on."""
        self._draining.set()

    def give_up(self, patience: float) -> bool:
        """Make the running job stop at its next sign of progress; return whether it did within `patience` seconds."""
        self._giving_up.set()
        return self._idle.wait(patience)

    def __call__(self, job_id: str) -> None:
        """Run the job, or find that there is nothing to do; raises `TryAgain` when it is to be delivered again."""
        self._files.wait(self._draining)
        self._idle.clear()
        if self._draining.is_set():
            self._let_go(parks=True)
            _park()
        parks, again = False, False
        try:
            ended = self._take(job_id)
            again = ended is not None
            parks = ended is RunOutcome.HANDED_BACK or (again and self._draining.is_set())
        except FAILED as error:
            raise TryAgain(f"The database does not answer: {getattr(error, 'orig', error)}") from error
        finally:
            self._let_go(parks=parks)
        if parks:
            _park()
        if again:
            raise TryAgain(job_id)

    def _let_go(self, *, parks: bool) -> None:
        """Note that no job runs any more; the delivery ends too, unless it `parks`."""
        self.is_parked = parks
        self._idle.set()
        if self._restarting.reason is not None:
            self._restarting.end()

    def _take(self, job_id: str) -> RunOutcome | None:
        """Return how the run ended when the job is not final after it, else None."""
        device = self._identity.device
        taken = self._database.write(
            claims.claim, job_id, self._identity.id, device=device.kind, model=self._identity.model
        )
        if isinstance(taken, Claim):
            return self._run(taken)
        if taken.job is not None and taken.settled:
            with bound(request_id=taken.job.request_id, **_whose(taken.job)):
                self._told(taken.job)
        return None

    def _run(self, mine: Claim) -> RunOutcome | None:
        job = mine.job
        parent = parent_of(job)
        record_wait(self._tracer, mine, parent)
        with (
            bound(request_id=job.request_id, **_whose(job)),
            self._tracer.start_as_current_span(
                Span.JOB, context=parent, kind=SpanKind.CONSUMER, attributes=facts(mine, self._identity)
            ) as span,
        ):
            self._tallies.started(mine, span)
            event = Event.JOB_STARTED if mine.attempt == 1 else Event.JOB_RETRIED
            _log.info(event, attempt=mine.attempt, queue_seconds=round(mine.waited_seconds, 3))
            began = time.monotonic()
            ending = self._attempt.run(mine, self._tallies, self._giving_up)
            self._tallies.ran(str(ending.outcome), time.monotonic() - began, span)
            if self._restarting.look(ending.outcome, span):
                self.drain()
            return self._end(mine, ending, span)

    def _end(self, mine: Claim, ending: Ending, span: OtelSpan) -> RunOutcome | None:
        ended = self._written(mine, ending)
        record_ending(span, ending)
        if ended is None:
            # Another worker took the job over while this one was out of touch: what it made is not the job's result.
            if ending.result_name is not None:
                self._files.files.drop(ending.result_name)
            _log.warning(Event.JOB_RUN_SUPERSEDED, attempt=mine.attempt)
            return None
        if ended.state is State.QUEUED:
            return ending.outcome
        self._told(ended)
        if ended.state is State.SUCCEEDED:
            for row in self._database.read(generations.landed_with, ended):
                self._tallies.finished(as_job(row))
        return None

    def _written(self, mine: Claim, ending: Ending) -> Job | None:
        """Return the job once its run's end is written; a database that is away for a moment costs no second run."""
        until = time.monotonic() + _MOST_SECONDS_AWAY
        again = False
        while True:
            try:
                ended = self._database.write(claims.end, mine, ending)
                if ended is None and again:  # it may have been written by the try before, whose answer was lost
                    ended = self._database.read(claims.ended, mine, ending.outcome)
            except FAILED as error:
                if time.monotonic() > until or self._giving_up.wait(_SECONDS_BETWEEN_TRIES):
                    raise
                again = True
                _log.warning(Event.JOB_ENDING_NOT_WRITTEN, attempt=mine.attempt, error_type=type(error).__name__)
            else:
                return ended

    def _told(self, job: Job) -> None:
        self._tallies.finished(job)
        joules = self._joules(job)
        _log.info(
            Event.JOB_FINISHED,
            outcome=str(job.state),
            attempts=job.attempts,
            device=job.device,
            gpu_seconds=round(job.gpu_seconds, 3),
            cost_usd=None if job.cost_usd is None else float(job.cost_usd),
            joules=joules,
            **self._tariff.figures(joules),
            output_seconds=job.output_seconds,
            error=job.error_code,
        )

    def _joules(self, job: Job) -> float | None:
        """Return the energy of the job's runs; a line without it is better than none."""
        try:
            used = self._database.read(energy_of, job.id)
        except FAILED:
            return None
        return None if used is None else round(used.joules, 3)


def _whose(job: Job) -> dict[str, str]:
    known = {"customer": job.customer, "key_id": job.key_id, "tier": job.tier, "job_id": job.id}
    return {name: value for name, value in known.items() if value is not None}


def _park() -> NoReturn:
    # A delivery that returns is done for the queue. This one is to be made again by the next worker: do not return.
    while True:
        threading.Event().wait()
