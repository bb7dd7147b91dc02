"""Moments in the database: aware UTC in Python, whatever the database keeps."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, DateTime, Dialect, func, select
from sqlalchemy.types import TypeDecorator

from app.clock import utc_now


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now(connection: Connection) -> datetime:
    """Return the database's time: with PostgreSQL many hosts share it, a SQLite file has one host and its clock."""
    if connection.dialect.name == "sqlite":
        return utc_now()
    moment: datetime = connection.scalar(select(func.clock_timestamp())) or utc_now()
    return moment.astimezone(UTC)
