"""The API's queries on jobs, each a function over a connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, exists, insert, select, update

from app.admission.order import before, place
from app.database.tables import job
from app.database.times import now
from app.jobs.job import OPERATION, UNFINISHED, Job, State, trace_id_of
from app.pagination import Place, newest_first, oldest_first
from app.repeats import generations

_MOST_IDS: Final = 500
_FIELDS: Final = tuple(field.name for field in fields(Job))


@dataclass(frozen=True, slots=True)
class NewJob:
    """What the API knows about a job when it accepts it."""

    id: str
    customer: str
    key_id: str
    tier: str
    prompt: str
    traceparent: str | None
    request_id: str | None
    audio_seconds: float | None = None
    quoted_gpu_seconds: float | None = None
    quoted_cost_nanousd: int | None = None
    quoted_end_seconds: float | None = None
    input_digest: str | None = None
    turn: int | None = None
    turn_end: int | None = None

    @property
    def trace_id(self) -> str | None:
        """The job's trace as 32 hex digits."""
        return trace_id_of(self.traceparent)


def as_job(row: Row[Any]) -> Job:
    """Return a row of the table as a job."""
    found = row._mapping  # noqa: SLF001 - the public way to a row's names
    values = {name: found[name] for name in _FIELDS}  # a column that a newer version added is none of ours
    return Job(**values | {"state": State(values["state"]), "notes": tuple(values["notes"] or ())})


def add(connection: Connection, new: NewJob) -> int:
    """Store an accepted job and return its place in the queue, 1 for the next to run."""
    position = place(connection, before(new.turn))
    turn = {"turn": new.turn, "turn_end": new.turn_end}
    _insert(connection, new, now(connection), state=State.QUEUED, **turn, **_quoted(new))
    return position


def add_joined(connection: Connection, new: NewJob, leader_id: str) -> None:
    """Store an accepted job that ends with another one, which makes the same video."""
    _insert(connection, new, now(connection), state=State.JOINED, shared_from=leader_id, **_quoted(new))


def add_finished(connection: Connection, new: NewJob, origin_id: str, outcome: Mapping[str, Any]) -> None:
    """Store a job that is done at once: another one has made the same video."""
    moment = now(connection)
    final = {"state": State.SUCCEEDED, "shared_from": origin_id, "progress": 1.0, "finished_at": moment, **outcome}
    _insert(connection, new, moment, **final)


def _quoted(new: NewJob) -> dict[str, Any]:
    return {"quoted_gpu_seconds": new.quoted_gpu_seconds, "quoted_cost_nanousd": new.quoted_cost_nanousd}


def _insert(connection: Connection, new: NewJob, moment: datetime, **values: Any) -> None:
    if values["state"] is State.QUEUED and new.quoted_end_seconds is not None:
        values["quoted_end_at"] = moment + timedelta(seconds=new.quoted_end_seconds)
    connection.execute(
        insert(job).values(
            id=new.id,
            operation=OPERATION,
            customer=new.customer,
            key_id=new.key_id,
            tier=new.tier,
            prompt=new.prompt,
            traceparent=new.traceparent,
            request_id=new.request_id,
            audio_seconds=new.audio_seconds,
            input_digest=new.input_digest,
            created_at=moment,
            queued_at=moment,
            **values,
        )
    )


def mark_enqueued(connection: Connection, job_id: str) -> None:
    """Note that the queue has the job."""
    connection.execute(update(job).where(job.c.id == job_id).values(enqueued_at=now(connection)))


def find(connection: Connection, job_id: str, customer: str | None) -> Job | None:
    """Return the job with this id if it is `customer`'s; None as customer sees every job."""
    query = select(job).where(job.c.id == job_id)
    if customer is not None:
        query = query.where(job.c.customer == customer)
    row = connection.execute(query).one_or_none()
    return None if row is None else as_job(row)


def some(connection: Connection, job_ids: Sequence[str]) -> list[Job]:
    """Return the jobs with these ids, those that there are, in no order."""
    query = select(job)
    return [as_job(row) for ids in _chunks(job_ids) for row in connection.execute(query.where(job.c.id.in_(ids)))]


def newest(  # noqa: PLR0913 - each names one thing to choose by
    connection: Connection,
    customer: str | None,
    *,
    state: State | None,
    before: datetime | None,
    after: str | None,
    limit: int,
) -> list[Job]:
    """Return a page of jobs, newest first, and one job more if there is another page; `after` is its cursor."""
    query = newest_first(select(job), job.c.created_at, job.c.id, after, limit)
    if customer is not None:
        query = query.where(job.c.customer == customer)
    if state is not None:
        query = query.where(job.c.state == state)
    if before is not None:
        query = query.where(job.c.created_at < before)
    return [as_job(row) for row in connection.execute(query)]


def position(connection: Connection, queued: Job) -> int:
    """Return a queued job's place in the queue, 1 for the next to run."""
    return place(connection, before(queued.turn, queued.created_at, queued.id))


def cancel(connection: Connection, job_id: str) -> tuple[Job, bool]:
    """Cancel a waiting job at once, ask a running one to stop, leave a finished one.

    Returns:
        The job after that, and whether this call changed it: of many at the same time only one does.
    """
    moment = now(connection)
    asking = update(job).where(job.c.id == job_id, job.c.cancel_requested_at.is_(None))
    stoppable = job.c.state.in_((*UNFINISHED, State.JOINED))
    asked = connection.execute(asking.where(stoppable).values(cancel_requested_at=moment))
    ended = connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state.in_((State.QUEUED, State.JOINED)))
        .values(state=State.CANCELLED, finished_at=moment, stage=None)
    )
    cancelled = as_job(connection.execute(select(job).where(job.c.id == job_id)).one())
    if ended.rowcount:
        generations.land(connection, cancelled)
    return cancelled, asked.rowcount == 1 or ended.rowcount == 1


def not_enqueued(connection: Connection, older_than: timedelta, limit: int = 100) -> list[tuple[str, int | None]]:
    """Return (id, turn) of waiting jobs that the queue may not have: the process died between the row and the queue."""
    query = select(job.c.id, job.c.turn).where(job.c.state == State.QUEUED, job.c.enqueued_at.is_(None))
    query = query.where(job.c.created_at < now(connection) - older_than)
    return [(row.id, row.turn) for row in connection.execute(query.order_by(job.c.created_at).limit(limit))]


def unfinished(connection: Connection, limit: int = 500) -> list[Job]:
    """Return the jobs that still have to end and that the queue should have, oldest first."""
    query = select(job).where(job.c.state.in_(UNFINISHED), job.c.enqueued_at.is_not(None))
    return [as_job(row) for row in connection.execute(query.order_by(job.c.queued_at).limit(limit))]


def expired(connection: Connection, after: timedelta, limit: int = 500) -> list[tuple[str, str | None]]:
    """Return (id, result's name) of finished jobs whose files have outlived their time.

    A result that a younger job shares has no name here: it goes with that one.
    """
    last = now(connection) - after
    other = job.alias()
    younger = (other.c.result_name == job.c.result_name) & (other.c.finished_at >= last)
    shared = exists().where(younger, other.c.result_removed_at.is_(None)).label("shared")
    query = select(job.c.id, job.c.result_name, shared).where(job.c.result_removed_at.is_(None))
    found = connection.execute(query.where(job.c.finished_at < last).limit(limit))
    return [(row.id, None if row.shared else row.result_name) for row in found]


def mark_removed(connection: Connection, job_ids: Sequence[str]) -> None:
    """Note that the files of these jobs are gone."""
    moment = now(connection)
    for ids in _chunks(job_ids):
        connection.execute(update(job).where(job.c.id.in_(ids)).values(result_removed_at=moment))


@dataclass(frozen=True, slots=True)
class KeptResult:
    """A result that should be there: of which job, and whether it is known to be away."""

    name: str
    is_missing: bool
    place: Place


def kept_results(connection: Connection, kept: timedelta, after: Place | None, limit: int) -> list[KeptResult]:
    """Return results whose time is not over, the oldest first, from the one after `after` on."""
    query = select(job.c.id, job.c.finished_at, job.c.result_name, job.c.result_missing_at)
    query = query.where(job.c.result_removed_at.is_(None), job.c.result_name.is_not(None))
    query = query.where(job.c.finished_at > now(connection) - kept)
    found = connection.execute(oldest_first(query, job.c.finished_at, job.c.id, after, limit))
    return [
        KeptResult(row.result_name, row.result_missing_at is not None, Place(row.finished_at, row.id)) for row in found
    ]


def mark_missing(connection: Connection, names: Sequence[str], kept: timedelta) -> list[str]:
    """Note that results are not there though their time is not over; return those that were not known to be away."""
    moment = now(connection)
    due = job.c.result_removed_at.is_(None) & job.c.result_missing_at.is_(None) & (job.c.finished_at > moment - kept)
    noting = update(job).where(job.c.result_name.in_(names), due).values(result_missing_at=moment)
    return sorted(set(connection.scalars(noting.returning(job.c.result_name))))


def mark_found(connection: Connection, names: Sequence[str]) -> None:
    """Note that results that were away are there."""
    connection.execute(update(job).where(job.c.result_name.in_(names)).values(result_missing_at=None))


def with_files(connection: Connection, job_ids: Sequence[str]) -> set[str]:
    """Return those of the ids whose job may still need its files."""
    kept = job.c.result_removed_at.is_(None)
    return {
        found
        for ids in _chunks(job_ids)
        for found in connection.scalars(select(job.c.id).where(job.c.id.in_(ids), kept))
    }


def with_results(connection: Connection, names: Sequence[str]) -> set[str]:
    """Return those of the results that a job still has, its own or one that it shares."""
    kept = job.c.result_removed_at.is_(None)
    return {
        found
        for some in _chunks(names)
        for found in connection.scalars(select(job.c.result_name).where(job.c.result_name.in_(some), kept))
    }


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    # Both databases bound the number of a statement's parameters.
    for start in range(0, len(ids), _MOST_IDS):
        yield ids[start : start + _MOST_IDS]
