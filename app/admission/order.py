"""The order in which workers take jobs, for the queue and for whoever asks how many are ahead: one rule.

The queue knows whole numbers from 1 to 2^31 - 1, so it orders turns in steps of a tenth of a second, and jobs of one
step as they came. That is room for 6.8 years of one device; the line begins anew when the queue is empty after half of
them, and what lies beyond its end is taken as it came.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from app.admission.turns import SECOND
from app.database.tables import job
from app.jobs.job import State

_STEP: Final = SECOND // 10
_MOST: Final = 2**31 - 1
#: A turn from which on it is time to begin anew.
FAR: Final = _MOST // 2 * _STEP
# A version that knows no turns adds jobs without one; its queue takes them first.
_step: Final = func.coalesce(job.c.turn // _STEP, -1)

#: To order jobs by as workers take them.
IN_ORDER: Final = (_step, job.c.created_at, job.c.id)


def priority(turn: int | None) -> int | None:
    """Return the queue's number for a turn, the lowest first; None for a job without a turn."""
    return None if turn is None else min(1 + turn // _STEP, _MOST)


def before(turn: int | None, created_at: datetime | None = None, job_id: str = "") -> ColumnElement[bool]:
    """Return the condition on jobs that are taken before this one; without `created_at` it would be created now."""
    step = -1 if turn is None else turn // _STEP
    if created_at is None:
        return _step <= step
    earlier = or_(job.c.created_at < created_at, and_(job.c.created_at == created_at, job.c.id < job_id))
    return or_(_step < step, and_(_step == step, earlier))


def place(connection: Connection, ahead: ColumnElement[bool]) -> int:
    """Return the place in the queue of the job that these are ahead of, 1 for the next to run."""
    query = select(func.count()).select_from(job).where(job.c.state == State.QUEUED, ahead)
    return (connection.scalar(query) or 0) + 1
