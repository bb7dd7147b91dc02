"""What passes between a worker and the database about one run of a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.jobs.job import Job, RunOutcome, State
from app.ledger.timeline import NANO


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker may run now. `waited_since` to `claimed_at` is its wait for this run."""

    job: Job
    attempt: int
    waited_since: datetime
    claimed_at: datetime

    @property
    def waited_seconds(self) -> float:
        """How long the job waited for this run."""
        return (self.claimed_at - self.waited_since).total_seconds()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A job that must not run (again), as it stands after the claim; `settled` when the claim itself ended it."""

    job: Job | None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has used of the device so far."""

    gpu_seconds: float
    cost_nanousd: int | None
    kind: str

    @property
    def cost_usd(self) -> Decimal | None:
        """The cost in dollars, None where the price is not known."""
        return None if self.cost_nanousd is None else Decimal(self.cost_nanousd) / NANO


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, and what that makes of the job.

    A failed run with `may_run_again` leaves the job queued until too many runs have failed; `state` is for then.
    """

    outcome: RunOutcome
    state: State
    spent: Spent
    error_code: str | None = None
    error_message: str | None = None
    result_name: str | None = None
    result_bytes: int | None = None
    output_seconds: float | None = None
    notes: tuple[str, ...] = ()
    may_run_again: bool = False
