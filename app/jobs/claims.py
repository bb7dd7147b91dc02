"""The worker's queries: take a job, tell how it goes, end the run. Every change is guarded by the attempt's number.

A worker that was thought dead and comes back finds that its attempt is no longer the current one: nothing it writes
counts any more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update

from app.database.tables import job, run
from app.database.times import now
from app.jobs.claim import Claim, Ending, Refusal, Spent
from app.jobs.job import FAILED_RUNS, MOST_ATTEMPTS, MOST_OUT_OF_MEMORY, Job, RunOutcome, State
from app.jobs.rows import as_job
from app.repeats import generations


def claim(connection: Connection, job_id: str, worker_id: str, *, device: str, model: str) -> Claim | Refusal:
    """Take the job for this worker, close what a dead worker left open, and give up after too many runs."""
    row = connection.execute(select(job).where(job.c.id == job_id).with_for_update()).one_or_none()
    if row is None:
        return Refusal(None)
    found = as_job(row)
    if found.state.is_final:
        return Refusal(found)
    moment = now(connection)
    waited_since = _close_lost_run(connection, found, moment) or found.queued_at
    if found.cancel_requested_at is not None:
        return Refusal(_settle(connection, found, moment, state=State.CANCELLED), settled=True)
    if _failures(connection, job_id) >= MOST_ATTEMPTS:
        error = {
            "error_code": "attempts_exhausted",
            "error_message": found.error_message or f"The job was run {found.attempts} times and never came to an end.",
        }
        return Refusal(_settle(connection, found, moment, state=State.FAILED, **error), settled=True)
    attempt = found.attempts + 1
    connection.execute(
        insert(run).values(
            job_id=job_id,
            attempt=attempt,
            worker_id=worker_id,
            kind="job" if attempt == 1 else "retry",
            device=device,
            started_at=moment,
            touched_at=moment,
        )
    )
    changed = {"state": State.RUNNING, "attempts": attempt, "worker_id": worker_id, "device": device, "model": model}
    # What was delivered was in the queue, also when whoever put it there died before noting it.
    changed |= {"stage": None, "progress": 0.0, "enqueued_at": found.enqueued_at or moment}
    if found.started_at is None:
        changed |= {"started_at": moment, "queue_seconds": (moment - found.created_at).total_seconds()}
    return Claim(_change(connection, job_id, changed), attempt, waited_since, moment)


def touch(connection: Connection, mine: Claim, *, stage: str | None, progress: float, spent: Spent) -> bool:
    """Tell how the run goes; return False when it is to stop, because it was cancelled or is no longer ours."""
    _spend(connection, mine, spent, ended=None, outcome=None)
    _sum_up(connection, mine.job.id)
    changed = connection.execute(
        update(job)
        .where(job.c.id == mine.job.id, job.c.attempts == mine.attempt, job.c.state == State.RUNNING)
        .where(job.c.cancel_requested_at.is_(None))
        .values(stage=stage, progress=progress)
    )
    return changed.rowcount == 1


def end(connection: Connection, mine: Claim, ending: Ending) -> Job | None:
    """End the run and change the job; return the job, or None when this run is no longer the current one."""
    moment = now(connection)
    _spend(connection, mine, ending.spent, ended=moment, outcome=ending.outcome)
    again = ending.may_run_again and _failures(connection, mine.job.id) < MOST_ATTEMPTS
    if ending.outcome is RunOutcome.OUT_OF_MEMORY:
        again = again and _count(connection, mine.job.id, [RunOutcome.OUT_OF_MEMORY]) < MOST_OUT_OF_MEMORY
    state = State.QUEUED if again else ending.state
    values: dict[str, Any] = {
        "state": state,
        "stage": None,
        "error_code": ending.error_code,
        "error_message": ending.error_message,
        "result_name": ending.result_name,
        "result_bytes": ending.result_bytes,
        "output_seconds": ending.output_seconds,
        "notes": list(ending.notes),
        "finished_at": moment if state.is_final else None,
    }
    if state is State.SUCCEEDED:
        values["progress"] = 1.0
    if state is State.QUEUED:
        values |= {"queued_at": moment, "progress": 0.0, "worker_id": None}
    changed = connection.execute(
        update(job)
        .where(job.c.id == mine.job.id, job.c.attempts == mine.attempt, job.c.state == State.RUNNING)
        .values(values)
    )
    if changed.rowcount != 1:
        return None
    _sum_up(connection, mine.job.id)
    ended = as_job(connection.execute(select(job).where(job.c.id == mine.job.id)).one())
    if state.is_final:
        generations.land(connection, ended)
    return ended


def ended(connection: Connection, mine: Claim, outcome: RunOutcome) -> Job | None:
    """Return the job when this run is the current one and has ended so already."""
    row = connection.execute(
        select(job)
        .join(run, (run.c.job_id == job.c.id) & (run.c.attempt == job.c.attempts))
        .where(job.c.id == mine.job.id, run.c.attempt == mine.attempt, run.c.outcome == outcome)
    ).one_or_none()
    return None if row is None else as_job(row)


def _close_lost_run(connection: Connection, found: Job, moment: datetime) -> datetime | None:
    lost = (run.c.job_id == found.id) & run.c.ended_at.is_(None)
    seen: datetime | None = connection.scalar(select(func.max(run.c.touched_at)).where(lost))
    if seen is None:
        return None
    connection.execute(update(run).where(lost).values(ended_at=moment, outcome=RunOutcome.LOST))
    _sum_up(connection, found.id)
    return seen


def _failures(connection: Connection, job_id: str) -> int:
    return _count(connection, job_id, FAILED_RUNS)


def _count(connection: Connection, job_id: str, outcomes: Collection[RunOutcome]) -> int:
    counted = run.c.outcome.in_(outcomes)
    return connection.scalar(select(func.count()).select_from(run).where(run.c.job_id == job_id, counted)) or 0


def _settle(connection: Connection, found: Job, moment: datetime, **values: Any) -> Job:
    settled = _change(connection, found.id, {"finished_at": moment, "stage": None, **values})
    generations.land(connection, settled)
    return settled


def _change(connection: Connection, job_id: str, values: dict[str, Any]) -> Job:
    connection.execute(update(job).where(job.c.id == job_id).values(values))
    return as_job(connection.execute(select(job).where(job.c.id == job_id)).one())


def _spend(
    connection: Connection, mine: Claim, spent: Spent, *, ended: datetime | None, outcome: RunOutcome | None
) -> None:
    connection.execute(
        update(run)
        .where(run.c.job_id == mine.job.id, run.c.attempt == mine.attempt, run.c.ended_at.is_(None))
        .values(
            kind=spent.kind,
            gpu_seconds=spent.gpu_seconds,
            cost_nanousd=spent.cost_nanousd or 0,
            cost_known=spent.cost_nanousd is not None,
            touched_at=now(connection),
            ended_at=ended,
            outcome=outcome,
        )
    )


def _sum_up(connection: Connection, job_id: str) -> None:
    known = case((run.c.cost_known, 1), else_=0)
    spent = select(func.sum(run.c.gpu_seconds), func.sum(run.c.cost_nanousd), func.min(known))
    seconds, cost, all_known = connection.execute(spent.where(run.c.job_id == job_id)).one()
    # The cost of some of its runs would pass for that of the job.
    values = {"gpu_seconds": seconds or 0.0, "cost_nanousd": int(cost or 0), "cost_known": all_known != 0}
    connection.execute(update(job).where(job.c.id == job_id).values(values))
