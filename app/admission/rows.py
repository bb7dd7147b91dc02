"""The queries of admission, each a function over a connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, or_, select, update

from app.admission.order import FAR
from app.admission.pace import Pace
from app.admission.turns import Turn
from app.database.tables import job
from app.jobs.job import UNFINISHED, State

# A job that was cancelled before it ran has used nothing; its customer has its turn back.
_counts = or_(job.c.state != State.CANCELLED, job.c.started_at.is_not(None))


@dataclass(frozen=True, slots=True)
class Held:
    """What one customer has in the queue by one tier: jobs that wait, and seconds of a worker for all not ended."""

    customer: str
    tier: str
    queued: int
    seconds: float


def held(connection: Connection, pace: Pace) -> list[Held]:
    """Return what each customer has in the queue."""
    queued = func.sum(case((job.c.state == State.QUEUED, 1), else_=0))
    device = func.coalesce(job.c.quoted_gpu_seconds, pace.typical_seconds) * (1 - job.c.progress)
    seconds = func.sum(device + pace.other_seconds)
    query = select(job.c.customer, job.c.tier, queued.label("queued"), seconds.label("seconds"))
    query = query.where(job.c.state.in_(UNFINISHED)).group_by(job.c.customer, job.c.tier)
    return [Held(row.customer, row.tier, int(row.queued), float(row.seconds)) for row in connection.execute(query)]


def clock(connection: Connection) -> int:
    """Return the virtual time: where the job began that was started last.

    Between two jobs it is where the next begins, and where all ended when there is nothing to do.
    """
    begun = select(job.c.turn).where(job.c.turn.is_not(None), job.c.started_at.is_not(None))
    last: int = connection.scalar(begun.order_by(job.c.turn.desc()).limit(1)) or 0
    if connection.scalar(select(job.c.id).where(job.c.state == State.RUNNING).limit(1)) is not None:
        return last
    following = connection.scalar(select(func.min(job.c.turn)).where(job.c.state == State.QUEUED))
    if following is None:
        following = connection.scalar(select(func.max(job.c.turn_end)).where(job.c.turn_end > last, _counts))
    return max(last, following or 0)


def begin_anew(connection: Connection) -> None:
    """Forget all turns when they have come far; only while nothing waits or runs, when all customers stand alike."""
    reached = connection.scalar(select(func.max(job.c.turn_end)))
    if reached is not None and reached > FAR:
        connection.execute(update(job).where(job.c.turn_end.is_not(None)).values(turn=None, turn_end=None))


def taken(connection: Connection, customer: str, since: int) -> Sequence[Turn]:
    """Return the turns of a customer that reach beyond `since`."""
    query = select(job.c.turn, job.c.turn_end).where(job.c.turn_end > since, job.c.customer == customer, _counts)
    return [Turn(row.turn, row.turn_end) for row in connection.execute(query)]
