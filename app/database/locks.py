"""One at a time, across all nodes."""

from __future__ import annotations

from sqlalchemy import Connection, func, select


def hold(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds `name`, and hold it until this one ends.

    With SQLite a transaction that may write is alone from its beginning. With PostgreSQL two names may share a lock by
    chance, which only makes them wait for each other. Take several always in the same order.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
