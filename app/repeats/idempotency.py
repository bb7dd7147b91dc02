"""Submits that name themselves with an Idempotency-Key: a repetition gets the first one's answer. Parts of a transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from app.database.tables import idempotency
from app.database.times import now
from app.errors import Code, ServiceError

#: How long a key is known.
KEPT: Final = timedelta(hours=24)


def answered(connection: Connection, customer: str, key: str, digest: str) -> dict[str, Any] | None:
    """Return the answer to the submit of this name, None when it is the first.

    Raises:
        ServiceError: another submit has this name.
    """
    mine = (idempotency.c.customer == customer) & (idempotency.c.key == key)
    row = connection.execute(select(idempotency).where(mine)).one_or_none()
    if row is None:
        return None
    if row.created_at <= now(connection) - KEPT:
        connection.execute(delete(idempotency).where(mine))
        return None
    if row.digest != digest:
        raise ServiceError(
            Code.IDEMPOTENCY_CONFLICT,
            f"The Idempotency-Key {key[:40]!r} named another submit, of job {row.job_id}. Give each submit a key of its own.",
            context={"job_id": row.job_id},
        )
    answer: dict[str, Any] = row.answer
    return answer


def remember(connection: Connection, customer: str, key: str, digest: str, answer: dict[str, Any]) -> None:
    """Keep the answer to a submit under its name."""
    values = {"customer": customer, "key": key, "digest": digest, "job_id": answer["job_id"], "answer": answer}
    connection.execute(insert(idempotency).values(created_at=now(connection), **values))


def forget(connection: Connection) -> int:
    """Remove the names that have outlived their time; return how many."""
    return connection.execute(delete(idempotency).where(idempotency.c.created_at <= now(connection) - KEPT)).rowcount
