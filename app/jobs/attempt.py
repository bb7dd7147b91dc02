"""One run of a job on the device: from the files that were sent to a stored result, or to the reason why not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from app.database.engine import Database
from app.generation.confined import Examiner
from app.generation.generator import Cancelled, Generator
from app.generation.inputs.errors import BadInput
from app.jobs import claims
from app.jobs.claim import Claim, Ending
from app.jobs.context import HandedBackError, RunContext
from app.jobs.files import StorageAwayError
from app.jobs.job import RunOutcome, State
from app.jobs.meter import Meter
from app.jobs.tallies import Tallies
from app.jobs.worker_files import WorkerFiles
from app.ledger.keeping import Keeper
from telemetry.catalog import Event, Span
from telemetry.logs import get_logger
from telemetry.work import out_of_memory

if TYPE_CHECKING:
    from telemetry import Telemetry

_log = get_logger(__name__)
# A generator may be anybody's; what it says is kept and shown.
_MOST_NOTES: Final = 20
_LONGEST_NOTE: Final = 500


class Attempt:
    """Runs claimed jobs with one generator on one device, whose time it books."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that a run passes through
        self,
        database: Database,
        files: WorkerFiles,
        generator: Generator,
        keeper: Keeper,
        telemetry: Telemetry,
        examiner: Examiner,
    ) -> None:
        self._database = database
        self._files = files
        self._generator = generator
        self._keeper = keeper
        self._telemetry = telemetry
        self._examiner = examiner

    def run(self, mine: Claim, tallies: Tallies, giving_up: threading.Event) -> Ending:
        """Return how the run ended; the video is stored by then, or nothing of it is left."""
        meter = Meter(mine, self._generator.model, self._keeper, self._telemetry)

        def report(stage: str | None, progress: float) -> bool:
            return self._database.write(claims.touch, mine, stage=stage, progress=progress, spent=meter.so_far())

        context = RunContext(report, self._telemetry.tracer, tallies.stages, giving_up)
        try:
            return self._make(mine, meter, context, giving_up)
        except HandedBackError:
            return Ending(RunOutcome.HANDED_BACK, State.QUEUED, meter.so_far())
        except Cancelled:
            return Ending(RunOutcome.CANCELLED, State.CANCELLED, meter.so_far())
        except Exception as error:  # noqa: BLE001 - a model may raise anything; what it was goes into the log
            return self._failed(mine, meter, error)

    def _failed(self, mine: Claim, meter: Meter, error: Exception) -> Ending:
        source = meter.out_of_memory or out_of_memory(error)
        if source is not None:
            return self._out_of_memory(mine, meter, error, source)
        if isinstance(error, StorageAwayError):
            _log.error(Event.STORAGE_FAILED, error_type=type(error).__name__, error=error.strerror)
            message = "Uploads or results could not be read or written."
            return Ending(
                RunOutcome.FAILED, State.FAILED, meter.so_far(), "storage_unavailable", message, may_run_again=True
            )
        if isinstance(error, BadInput):
            return Ending(RunOutcome.FAILED, State.FAILED, meter.so_far(), "invalid_input", str(error))
        _log.error(Event.JOB_RUN_FAILED, attempt=mine.attempt, error_type=type(error).__name__, exc_info=error)
        message = f"The model {self._generator.model} failed ({type(error).__name__})."
        return Ending(RunOutcome.FAILED, State.FAILED, meter.so_far(), "generation_failed", message, may_run_again=True)

    def _out_of_memory(self, mine: Claim, meter: Meter, error: Exception, source: str) -> Ending:
        _log.error(Event.JOB_RUN_FAILED, attempt=mine.attempt, error_type=type(error).__name__, out_of_memory=source)
        message = (
            f"There was not enough memory for this job: the model {self._generator.model} ran out of it. A smaller "
            "picture or a shorter recording needs less; one that already ran before may be sent again."
        )
        return Ending(
            RunOutcome.OUT_OF_MEMORY, State.FAILED, meter.so_far(), "out_of_memory", message, may_run_again=True
        )

    def _make(self, mine: Claim, meter: Meter, context: RunContext, giving_up: threading.Event) -> Ending:
        draft = self._files.files.draft(mine.job.id, mine.attempt)
        try:
            with self._files.inputs(mine.job.id) as (image, audio):
                with context.stage(Span.INSPECT):
                    self._examiner.decode(image, audio)
                with meter.running():
                    made = self._generator.generate(image, audio, mine.job.prompt, draft, context)
            with context.stage(Span.STORE):
                kept = self._files.keep(draft, giving_up)
        finally:
            draft.unlink(missing_ok=True)
        return Ending(
            RunOutcome.SUCCEEDED,
            State.SUCCEEDED,
            meter.so_far(),
            result_name=kept.name,
            result_bytes=kept.bytes,
            output_seconds=made.duration_seconds,
            notes=tuple(str(note)[:_LONGEST_NOTE] for note in made.notes[:_MOST_NOTES]),
        )
