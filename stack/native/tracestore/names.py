"""Services, operations, resources and scopes, each stored once and known by a small number."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Hashable

# Span names are chosen by strangers: an instrumentation that puts ids into them must not eat the memory.
_MAX_CACHED = 20_000


class Names:
    """Ids of names, within the transactions of one writing connection. Lives as long as the connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids: dict[Hashable, int] = {}
        self._used: defaultdict[str, set[int]] = defaultdict(set)

    def service(self, name: str) -> int:
        return self._id("service", name=name)

    def operation(self, service_id: int, name: str, kind: int) -> int:
        return self._id("operation", service_id=service_id, name=name, kind=kind)

    def resource(self, payload: bytes) -> int:
        return self._id("resource", payload=payload)

    def scope(self, payload: bytes) -> int:
        return self._id("scope", payload=payload)

    def mark_used(self, last_span: int) -> None:
        """Note on every name used since the last call that the span of this id may use it."""
        for table, ids in self._used.items():
            self._connection.executemany(
                f"UPDATE {table} SET last_span = ? WHERE id = ?",  # noqa: S608 - names from this class
                [(last_span, name_id) for name_id in ids],
            )
        self._used.clear()

    def remove_unused(self) -> None:
        """Delete the names that no span can use any more."""
        for table in ("operation", "service", "resource", "scope"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE last_span < coalesce((SELECT min(id) FROM span), 9e18)"  # noqa: S608
            )
        self.forget()

    def forget(self) -> None:
        """Read ids anew from now on; needed after a transaction was undone."""
        self._ids.clear()
        self._used.clear()

    def _id(self, table: str, **columns: str | int | bytes) -> int:
        key = (table, *columns.values())
        known = self._ids.get(key)
        if known is None:
            known = self._find_or_add(table, columns)
            if len(self._ids) >= _MAX_CACHED:
                self._ids.clear()
            self._ids[key] = known
        self._used[table].add(known)
        return known

    def _find_or_add(self, table: str, columns: dict[str, str | int | bytes]) -> int:
        values = tuple(columns.values())
        where = " AND ".join(f"{column} = ?" for column in columns)
        select = f"SELECT id FROM {table} WHERE {where}"  # noqa: S608 - names from this class
        row: tuple[int] | None = self._connection.execute(select, values).fetchone()
        if row is None:
            marks = ", ".join("?" for _ in columns)
            insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING id"  # noqa: S608
            row = self._connection.execute(insert, values).fetchone()
        assert row is not None  # noqa: S101 - an INSERT ... RETURNING gives a row or raises
        return row[0]
