"""A key together with what its customer may spend, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from app.budgets import rows as budgets
from app.budgets.budget import Name
from app.keys import rows
from app.keys.key import Facts, Key
from app.keys.secret import Secret
from app.ledger.calendar import Period


def make(connection: Connection, secret: Secret, facts: Facts, hard: Mapping[Period, int], *, by: str) -> Key:
    """Store a key and return it; set the hard budgets of its customer, in nano-dollars, that are given.

    All keys of a customer share its budgets. A soft amount stays where it is below the new hard one.
    """
    key = rows.add(connection, secret, facts)
    for period, amount in hard.items():
        name: Name = ("customer", facts.customer, period)
        before = budgets.find(connection, name)
        soft = before.soft if before is not None and before.soft is not None and before.soft <= amount else None
        budgets.put(connection, name, soft=soft, hard=amount, by=by)
    return key
