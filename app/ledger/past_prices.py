"""A price for seconds that were booked without one, so that a sum is whole again and a hard budget opens.

What a run cost that ended meanwhile stays null in answers about its job: it was not known when it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from app.database.locks import hold
from app.database.tables import ledger
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
    return Priced(len(found), passed, paid)
