"""What was spent in a period, and what the jobs that have not ended will take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select

from app.database.tables import job, ledger
from app.jobs.job import UNFINISHED, State
from app.ledger.calendar import Span
from app.ledger.entry import quarter

#: As the indexes have it.
_BOOKED: Final = (ledger.c.quarter, ledger.c.started_at)


@dataclass(frozen=True, slots=True)
class Spent:
    """What jobs cost in a period, retries, cancelled and failed runs included; idle time and overhead are not theirs.

    Attributes:
        nanousd: of the time whose price is known.
        unpriced_nanoseconds: time whose cost is not known.
    """

    nanousd: int = 0
    unpriced_nanoseconds: int = 0


@dataclass(frozen=True, slots=True)
class Reserved:
    """What jobs that wait or run were quoted, less what the present run of each has cost already.

    Attributes:
        nanousd: of the jobs that have a quote.
        unquoted: jobs without one.
    """

    nanousd: int = 0
    unquoted: int = 0


def spent(connection: Connection, span: Span, customer: str | None = None) -> Spent:
    """Return what was spent by `customer`, or by all."""
    query = _spent(span)
    if customer is not None:
        query = query.where(ledger.c.customer == customer)
    return _as_spent(connection.execute(query).one())


def spent_by_customer(connection: Connection, span: Span) -> dict[str, Spent]:
    """Return what each customer spent that spent anything."""
    query = _spent(span, ledger.c.customer).group_by(ledger.c.customer)
    return {row.customer: _as_spent(row) for row in connection.execute(query)}


def first(connection: Connection, customer: str | None = None) -> datetime | None:
    """Return when the first second of a job was booked, of `customer` or of all; None before there was one."""
    query = select(ledger.c.started_at).where(ledger.c.job_id.is_not(None))
    if customer is not None:
        query = query.where(ledger.c.customer == customer)
    found: datetime | None = connection.scalar(query.order_by(*_BOOKED).limit(1))
    return found


def first_by_customer(connection: Connection, span: Span) -> dict[str, datetime]:
    """Return when the first second was booked of each customer that spent anything in `span`, in it or before."""
    present = select(ledger.c.customer).where(_within(span), ledger.c.customer.is_not(None)).distinct().subquery()
    query = select(ledger.c.started_at).where(ledger.c.customer == present.c.customer)
    began = query.order_by(*_BOOKED).limit(1).correlate(present).scalar_subquery()
    return {row.customer: row.began for row in connection.execute(select(present.c.customer, began.label("began")))}


def reserved(connection: Connection, customer: str | None = None) -> Reserved:
    """Return what is reserved by `customer`, or by all."""
    query = _unfinished()
    if customer is not None:
        query = query.where(job.c.customer == customer)
    return _as_reserved(connection.execute(_reserved(query)).one())


def reserved_by_customer(connection: Connection) -> dict[str, Reserved]:
    """Return what each customer has reserved that has jobs waiting or running."""
    return {row.customer: _as_reserved(row) for row in connection.execute(_reserved(_unfinished(), grouped=True))}


def _spent(span: Span, *columns: ColumnElement[Any]) -> Select[Any]:
    unpriced = func.sum(ledger.c.nanoseconds).filter(ledger.c.cost_nanousd.is_(None))
    return select(*columns, func.sum(ledger.c.cost_nanousd).label("nanousd"), unpriced.label("unpriced")).where(
        _within(span), ledger.c.job_id.is_not(None)
    )


def _within(span: Span) -> ColumnElement[bool]:
    return (ledger.c.quarter >= quarter(span.start)) & (ledger.c.quarter < quarter(span.until))


def _unfinished() -> Select[Any]:
    # Of the present run alone: what earlier runs cost is spent, and a job that runs again takes its quote again.
    cost = select(func.coalesce(func.sum(ledger.c.cost_nanousd), 0)).where(
        ledger.c.job_id == job.c.id, ledger.c.attempt == job.c.attempts
    )
    used = case((job.c.state == State.RUNNING, cost.correlate(job).scalar_subquery()), else_=0)
    quoted = job.c.quoted_cost_nanousd
    # One statement, so that a job that goes from waiting to running or back is seen once.
    return select(job.c.customer, quoted.label("quoted"), used.label("used")).where(job.c.state.in_(UNFINISHED))


def _reserved(unfinished: Select[Any], *, grouped: bool = False) -> Select[Any]:
    jobs = unfinished.subquery()
    left = case((jobs.c.quoted > jobs.c.used, jobs.c.quoted - jobs.c.used), else_=0)
    unquoted = func.count().filter(jobs.c.quoted.is_(None))
    query = select(*([jobs.c.customer] if grouped else []), func.sum(left).label("nanousd"), unquoted.label("unquoted"))
    return query.group_by(jobs.c.customer) if grouped else query


def _as_spent(row: Row[Any]) -> Spent:
    return Spent(int(row.nanousd or 0), int(row.unpriced or 0))


def _as_reserved(row: Row[Any]) -> Reserved:
    return Reserved(int(row.nanousd or 0), int(row.unquoted or 0))
