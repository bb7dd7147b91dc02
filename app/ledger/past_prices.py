"""A price for seconds that were booked without one: sums are whole again, a hard budget opens, jobs have their cost.

The log and the spans of a run keep what was known when it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ScalarSelect,
    bindparam,
    cast,
    exists,
    func,
    select,
    update,
)

from app.database.locks import hold
from app.database.tables import job, ledger, run
from app.ledger.timeline import NANO

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Priced:
    """What was priced: rows of the ledger, the time in them and what it cost."""

    rows: int = 0
    nanoseconds: int = 0
    nanousd: int = 0


def price_past(connection: Connection, device_name: str, nanousd_per_second: int, source: str) -> Priced:
    """Price all seconds of this device that have none; a second call changes nothing.

    A worker that has still no price goes on booking seconds without one: give it the price first.
    """
    hold(connection, "past prices")
    unpriced = (ledger.c.device_name == device_name) & ledger.c.cost_nanousd.is_(None)
    found = connection.execute(
        select(ledger.c.id, ledger.c.nanoseconds).where(unpriced).order_by(ledger.c.started_at, ledger.c.id)
    ).all()
    change = update(ledger).where(ledger.c.id == bindparam("row"), ledger.c.cost_nanousd.is_(None))
    change = change.values(cost_nanousd=bindparam("cost"), price_nanousd=nanousd_per_second, price_source=source[:100])
    passed, paid, costs = 0, 0, []
    for row in found:
        passed += row.nanoseconds
        # What was paid in all, less what rows before it cost: rounded down once, as where time is booked.
        cost = nanousd_per_second * passed // NANO - paid
        paid += cost
        costs.append({"row": row.id, "cost": cost})
    for start in range(0, len(costs), _AT_ONCE):
        connection.execute(change, costs[start : start + _AT_ONCE])
    _price_runs(connection)
    return Priced(len(found), passed, paid)


def _price_runs(connection: Connection) -> None:
    """Give runs whose seconds all have a price by now what these cost, and jobs what their runs did."""
    booked = (ledger.c.job_id == run.c.job_id) & (ledger.c.attempt == run.c.attempt)
    connection.execute(
        update(run)
        # One that goes on is its worker's to book.
        .where(~run.c.cost_known, run.c.ended_at.is_not(None))
        .where(exists().where(booked), ~exists().where(booked, ledger.c.cost_nanousd.is_(None)))
        .values(cost_known=True, cost_nanousd=_sum_of(ledger.c.cost_nanousd, booked))
    )
    of_job = run.c.job_id == job.c.id
    connection.execute(
        update(job)
        .where(~job.c.cost_known, exists().where(of_job), ~exists().where(of_job, ~run.c.cost_known))
        .values(cost_known=True, cost_nanousd=_sum_of(run.c.cost_nanousd, of_job))
    )


def _sum_of(amount: ColumnElement[int], which: ColumnElement[bool]) -> ScalarSelect[int]:
    # A sum of BIGINT is NUMERIC to PostgreSQL.
    return select(cast(func.sum(amount), BigInteger)).where(which).scalar_subquery()
