"""What a job is: its states and its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

OPERATION: Final = "generate"
#: Runs that may fail or be lost before the job is given up.
MOST_ATTEMPTS: Final = 3
#: Runs that may end for lack of memory: the second has had a fresh worker.
MOST_OUT_OF_MEMORY: Final = 2
_NANO: Final = Decimal(1_000_000_000)


class State(StrEnum):
    """Where a job is; the last three are final. One that is joined ends with the one whose generation it shares."""

    QUEUED = "queued"
    JOINED = "joined"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to the job."""
        return self in FINAL


FINAL: Final = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
UNFINISHED: Final = (State.QUEUED, State.RUNNING)


class RunOutcome(StrEnum):
    """How one run of a job ended; `lost` when its worker died, `handed_back` when the worker was told to stop.

    A run that ended `out_of_memory` has failed, and ends its worker.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    HANDED_BACK = "handed_back"
    OUT_OF_MEMORY = "out_of_memory"


#: Outcomes that count towards `MOST_ATTEMPTS`.
FAILED_RUNS: Final = (RunOutcome.FAILED, RunOutcome.LOST, RunOutcome.OUT_OF_MEMORY)


@dataclass(frozen=True, slots=True)
class Job:
    """One job as the database has it.

    Attributes:
        queued_at: when it last began to wait: at its submit, or when a run of it ended without a result.
        enqueued_at: when the queue had it for sure; None between the row and the queue.
        queue_seconds: wait before the first run.
        gpu_seconds, cost_nanousd: of all its runs so far.
        quoted_gpu_seconds, quoted_cost_nanousd, quoted_end_at: what was expected when it was accepted.
        result_missing_at: when the result was noticed to be away, though nobody removed it; None where it is not.
        traceparent: W3C context of the submit request.
        turn: where it comes in the order of the queue, the lowest first; None where an older version accepted it.
        input_digest: what identical generations have in common; None where this one is not to be shared.
        shared_from: the job whose generation this one shares, None for one that runs itself.
        notes: what the generator says to who reads the result.
    """

    id: str
    operation: str
    state: State
    customer: str
    key_id: str | None
    tier: str
    prompt: str
    stage: str | None
    progress: float
    attempts: int
    worker_id: str | None
    traceparent: str | None
    request_id: str | None
    created_at: datetime
    queued_at: datetime
    enqueued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    queue_seconds: float | None
    gpu_seconds: float
    cost_nanousd: int
    cost_known: bool
    device: str | None
    model: str | None
    error_code: str | None
    error_message: str | None
    result_name: str | None
    result_bytes: int | None
    output_seconds: float | None
    audio_seconds: float | None
    quoted_gpu_seconds: float | None
    quoted_cost_nanousd: int | None
    quoted_end_at: datetime | None
    result_removed_at: datetime | None
    result_missing_at: datetime | None
    turn: int | None
    notes: tuple[str, ...]
    input_digest: str | None
    shared_from: str | None

    @property
    def has_result(self) -> bool:
        """Whether there is a video to fetch, as far as is known."""
        return self.state is State.SUCCEEDED and self.result_removed_at is None and self.result_missing_at is None

    @property
    def cost_usd(self) -> Decimal | None:
        """Cost of all runs so far, None where the price of any is not known."""
        return self.cost_nanousd / _NANO if self.cost_known else None

    @property
    def trace_id(self) -> str | None:
        """The job's trace as 32 hex digits."""
        return trace_id_of(self.traceparent)


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the trace of a W3C context as 32 hex digits."""
    return traceparent.split("-")[1] if traceparent else None


def nanousd(cost: Decimal) -> int:
    """Return a cost in whole billionths of a dollar."""
    return round(cost * _NANO)
