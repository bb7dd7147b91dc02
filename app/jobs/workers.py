"""The queries on workers: who is there, and who has gone silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, delete, insert, select, update

from app.database.tables import run, worker
from app.database.times import now

WorkerState = Literal["running", "draining", "stopped"]

#: Time between two heartbeats.
HEARTBEAT: Final = timedelta(seconds=3)
#: A worker that is silent for this long is taken for dead.
DEAD_AFTER: Final = timedelta(seconds=30)


def present(connection: Connection, facts: Mapping[str, Any]) -> None:
    """Enter a worker that starts, in place of what was known about its id."""
    moment = now(connection)
    connection.execute(delete(worker).where(worker.c.id == facts["id"]))
    connection.execute(insert(worker).values(state="running", started_at=moment, heartbeat_at=moment, **facts))


def beat(connection: Connection, worker_id: str, state: WorkerState) -> None:
    """Say that a worker is alive."""
    connection.execute(update(worker).where(worker.c.id == worker_id).values(state=state, heartbeat_at=now(connection)))


def heartbeats(connection: Connection) -> dict[str, datetime]:
    """Return the last heartbeat of every worker that did not stop in order."""
    found = connection.execute(select(worker.c.id, worker.c.heartbeat_at).where(worker.c.state != "stopped"))
    return {row.id: row.heartbeat_at for row in found}


def alive(connection: Connection) -> int:
    """Return how many workers are there to take jobs."""
    return len(devices(connection))


def devices(connection: Connection) -> list[str]:
    """Return the kind of device of each worker that is there: `gpu`, `cpu` or `simulated`."""
    moment = now(connection)
    found = connection.execute(select(worker.c.device, worker.c.heartbeat_at).where(worker.c.state != "stopped"))
    return [row.device for row in found if moment - row.heartbeat_at < DEAD_AFTER]


def may_hold_jobs(connection: Connection) -> dict[str, datetime]:
    """Return the last heartbeat of every worker that did not stop, or that stopped while a run of it is still open."""
    holding = worker.c.id.in_(select(run.c.worker_id).where(run.c.ended_at.is_(None)))
    found = connection.execute(
        select(worker.c.id, worker.c.heartbeat_at).where((worker.c.state != "stopped") | holding)
    )
    return {row.id: row.heartbeat_at for row in found}


def forget(connection: Connection, older_than: timedelta) -> int:
    """Remove workers that were not heard of for a long time; return how many."""
    gone = connection.execute(delete(worker).where(worker.c.heartbeat_at < now(connection) - older_than))
    return gone.rowcount
