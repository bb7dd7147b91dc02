"""The table of budgets: read in the transaction that accepts a job, so that a change counts on every node at once."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.budgets.budget import Budget, Budgets, Name
from app.database.tables import budget
from app.database.times import now

_KEY: Final = (budget.c.scope, budget.c.customer, budget.c.period)


def every(connection: Connection) -> list[Budget]:
    """Return all budgets that were set."""
    return [_budget(row) for row in connection.execute(select(budget).order_by(*_KEY)).mappings()]


def for_customer(connection: Connection, customer: str) -> list[Budget]:
    """Return those that may count for a job of `customer`: its own, the default and the service's."""
    wanted = select(budget).where(budget.c.customer.in_(("", customer)))
    return [_budget(row) for row in connection.execute(wanted).mappings()]


def find(connection: Connection, name: Name) -> Budget | None:
    """Return the budget that was set under this name."""
    row = connection.execute(select(budget).where(*_is(name))).mappings().one_or_none()
    return None if row is None else _budget(row)


def put(
    connection: Connection, name: Name, *, soft: int | None, hard: int | None, by: str
) -> tuple[Budget, Budget | None]:
    """Set a budget and return it, and what it was before."""
    before = find(connection, name)
    scope, customer, period = name
    amounts = {"soft_nanousd": soft, "hard_nanousd": hard, "changed_at": now(connection), "changed_by": by[:200]}
    insert = postgresql.insert(budget) if connection.dialect.name == "postgresql" else sqlite.insert(budget)
    row = insert.values(scope=scope, customer=customer, period=period, **amounts)
    connection.execute(row.on_conflict_do_update(index_elements=_KEY, set_=amounts))
    after = find(connection, name)
    assert after is not None  # noqa: S101 - written just now
    return after, before


def remove(connection: Connection, name: Name, of_settings: tuple[Budget, ...] = ()) -> tuple[Budget | None, Budget]:
    """Remove a budget and return what it was, None when there was none, and what counts in its place."""
    before = find(connection, name)
    connection.execute(delete(budget).where(*_is(name)))
    return before, Budgets(of_settings, for_customer(connection, name[1])).in_place_of(name)


def _is(name: Name) -> list[Any]:
    return [column == value for column, value in zip(_KEY, name, strict=True)]


def _budget(row: Any) -> Budget:
    values = dict(row)
    return Budget(soft=values.pop("soft_nanousd"), hard=values.pop("hard_nanousd"), **values)
