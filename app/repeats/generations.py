"""Identical generations: one runs, the others take its result. Each function is a part of a transaction.

A job whose inputs a finished job had is finished at once; one whose inputs a waiting or running job has is `joined` to
that one and ends with it. When that one fails or is cancelled, the first of those joined to it runs in its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, select, true, update

from app.database.tables import job, worker
from app.database.times import now
from app.jobs.job import FINAL, Job, State
from app.jobs.workers import DEAD_AFTER

Scope = Literal["customer", "service", "off"]

_RUNNABLE: Final = (State.QUEUED, State.RUNNING)
#: What a job takes over from the one whose generation it shares.
_OUTCOME: Final = ("device", "model", "result_name", "result_bytes", "output_seconds", "notes")
# A result that is about to be removed is not handed out any more: a minute, less where results live shorter.
_MARGIN: Final = timedelta(minutes=1)


def digest_of(generator: str, prompt: str, contents: Mapping[str, str]) -> str:
    """Return what two jobs have in common when their videos would be the same: the same model, prompt and contents."""
    parts = (generator, prompt, *(f"{name}={contents[name]}" for name in sorted(contents)))
    text = "".join(f"{len(part.encode())}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def finished(connection: Connection, digest: str, customer: str | None, kept: timedelta) -> Row[Any] | None:
    """Return the newest job with these inputs whose result will be kept for a while; None as customer means anybody's."""
    fresh = job.c.finished_at > now(connection) - kept + min(_MARGIN, kept / 10)
    query = select(job).where(_like(digest, customer), job.c.state == State.SUCCEEDED, fresh, _model_now(connection))
    query = query.where(job.c.shared_from.is_(None), job.c.result_removed_at.is_(None))
    query = query.where(job.c.result_missing_at.is_(None))
    return connection.execute(query.order_by(job.c.finished_at.desc()).limit(1)).one_or_none()


def in_flight(connection: Connection, digest: str, customer: str | None, tier: str) -> str | None:
    """Return the id of the job that makes this video now or will, and keep it from ending before this transaction does."""
    query = select(job.c.id).where(_like(digest, customer), job.c.state.in_(_RUNNABLE), job.c.tier == tier)
    query = query.where(job.c.cancel_requested_at.is_(None), job.c.shared_from.is_(None))
    found: str | None = connection.scalar(query.order_by(job.c.created_at).limit(1).with_for_update())
    return found


def outcome(row: Row[Any]) -> dict[str, Any]:
    """Return the columns of a finished job that those who share its generation have too."""
    return {name: getattr(row, name) for name in _OUTCOME}


def land(connection: Connection, ended: Job) -> None:
    """End the jobs that are joined to one that has ended; where it has no result, let the first of them run."""
    joined = (job.c.shared_from == ended.id) & (job.c.state == State.JOINED)
    ids = list(connection.scalars(select(job.c.id).where(joined).order_by(job.c.created_at, job.c.id)))
    if not ids:
        return
    moment = now(connection)
    if ended.state is State.SUCCEEDED:
        row = connection.execute(select(job).where(job.c.id == ended.id)).one()
        final = {"state": State.SUCCEEDED, "finished_at": moment, "progress": 1.0, **outcome(row)}
        connection.execute(update(job).where(joined).values(final))
        return
    # Not in the queue yet: whoever reconciles rows and queue puts it there, in the place of the one that ended.
    row = connection.execute(select(job.c.turn, job.c.turn_end).where(job.c.id == ended.id)).one()
    runs = {
        "turn": row.turn,
        "turn_end": row.turn_end,
        "state": State.QUEUED,
        "shared_from": None,
        "queued_at": moment,
        "enqueued_at": None,
    }
    connection.execute(update(job).where(job.c.id == ids[0], joined).values(runs))
    connection.execute(update(job).where(joined).values(shared_from=ids[0]))


def landed_with(connection: Connection, ended: Job) -> list[Row[Any]]:
    """Return the jobs that ended because `ended` did: they were there before its end."""
    query = select(job).where(job.c.shared_from == ended.id, job.c.created_at <= ended.finished_at)
    return list(connection.execute(query.where(job.c.state == State.SUCCEEDED)).all())


def stranded(connection: Connection) -> list[Row[Any]]:
    """Return jobs that have ended while others are still joined to them, as when an older version ended them."""
    waiting = select(job.c.shared_from).where(job.c.state == State.JOINED)
    return list(connection.execute(select(job).where(job.c.id.in_(waiting), job.c.state.in_(FINAL))).all())


def _like(digest: str, customer: str | None) -> ColumnElement[bool]:
    same = job.c.input_digest == digest
    return same if customer is None else same & (job.c.customer == customer)


def _model_now(connection: Connection) -> ColumnElement[bool]:
    # A video of a model that no worker has any more is not what a new job would get.
    alive = worker.c.heartbeat_at > now(connection) - DEAD_AFTER
    models = list(connection.scalars(select(worker.c.model).distinct().where(worker.c.state == "running", alive)))
    return job.c.model.in_(models) if models else true()
