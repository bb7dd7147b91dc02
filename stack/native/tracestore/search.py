"""A search: which traces, newest first."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from stack.native.tracestore import proto
from stack.native.tracestore.tags import TagFilter, encodings

# A name shared by more operations than this is looked up through its service instead.
_MAX_CURSORS: Final = 12

_Hit = tuple[int, bytes, int, int, bytes]


@dataclass(frozen=True, slots=True)
class Search:
    """Predicates that one span must meet, all of them; its trace is then found.

    Attributes:
        service, operation: exact names, "" for any.
        start_min, start_max: bounds of the span's start in nanoseconds since 1970, both included.
        duration_min, duration_max: bounds in nanoseconds, both included; 0 means none.
        limit: most traces to find.
    """

    service: str = ""
    operation: str = ""
    start_min: int = 0
    start_max: int = 2**63 - 1
    duration_min: int = 0
    duration_max: int = 0
    tags: TagFilter = field(default_factory=TagFilter)
    limit: int = 100


def find(connection: sqlite3.Connection, search: Search) -> list[bytes]:
    """Return the ids of the traces found, those whose span started last first."""
    found: dict[bytes, None] = {}
    if (names := _Names.matching(connection, search.tags)) is None:
        return []
    for _, trace_id, resource, scope, payload in _hits(connection, search, names):
        if trace_id in found or not names.fits(search.tags, payload, resource, scope):
            continue
        found[trace_id] = None
        if len(found) >= search.limit:
            break
    return list(found)


@dataclass(frozen=True, slots=True)
class _Names:
    """Resources and scopes, which are few: read once, so that spans need not be joined with them."""

    resources: dict[int, Resource]
    scopes: dict[int, InstrumentationScope]

    @classmethod
    def matching(cls, connection: sqlite3.Connection, tags: TagFilter) -> _Names | None:
        """Return those that a span of the search may belong to; None when no span can."""
        resources = {
            row_id: resource
            for row_id, payload in connection.execute("SELECT id, payload FROM resource")
            if tags.fits_resource(resource := proto.resource(payload))
        }
        scopes = {
            row_id: scope
            for row_id, payload in connection.execute("SELECT id, payload FROM scope")
            if tags.fits_scope(scope := proto.scope(payload))
        }
        return cls(resources, scopes) if resources and scopes else None

    def fits(self, tags: TagFilter, payload: bytes, resource: int, scope: int) -> bool:
        if resource not in self.resources or scope not in self.scopes:
            return False
        if not tags.needs_payload:
            return True
        return tags.fits(proto.span(payload), self.scopes[scope], self.resources[resource])

    def holding(self, pair: bytes) -> Iterator[tuple[str, int]]:
        """Yield the names whose own attributes hold the pair, as conditions on a span."""
        for column, held in (("resource_id", self.resources), ("scope_id", self.scopes)):
            for row_id, message in held.items():
                if pair in message.SerializeToString():
                    yield column, row_id


def _hits(connection: sqlite3.Connection, search: Search, names: _Names) -> Iterator[_Hit]:
    """Yield the spans that pass all that SQLite can check, newest first."""
    clauses = ["start BETWEEN ? AND ?", *search.tags.clauses]
    parameters: list[int | str | bytes] = [search.start_min, search.start_max, *search.tags.parameters]
    if search.duration_min:
        clauses.append("duration >= ?")
        parameters.append(search.duration_min)
    if search.duration_max:
        clauses.append("duration <= ?")
        parameters.append(search.duration_max)
    for key, value in search.tags.attributes:
        clause, values = _holds(names, encodings(key, value))
        clauses.append(clause)
        parameters.extend(values)
    payload = "payload" if search.tags.needs_payload else "x''"
    cursors = [
        connection.execute(
            f"SELECT start, trace_id, resource_id, scope_id, {payload} FROM span"  # noqa: S608 - clauses from here
            f" WHERE {' AND '.join([scope, *clauses])} ORDER BY start DESC",
            [*scope_values, *parameters],
        )
        for scope, scope_values in _scopes(connection, search)
    ]
    return heapq.merge(*cursors, key=lambda hit: hit[0], reverse=True)


def _holds(names: _Names, pairs: tuple[bytes, ...]) -> tuple[str, list[int | str | bytes]]:
    """Return the condition that a span, its resource or its scope holds one of the byte strings."""
    conditions = ["instr(payload, ?)"] * len(pairs)
    values: list[int | str | bytes] = list(pairs)
    for column, row_id in {condition for pair in pairs for condition in names.holding(pair)}:
        conditions.append(f"{column} = {row_id:d}")
    return f"({' OR '.join(conditions)})", values


def _scopes(connection: sqlite3.Connection, search: Search) -> list[tuple[str, list[int]]]:
    """Return one condition for each index range to walk: each operation of the name, or the service, or all."""
    if not search.service and not search.operation:
        return [("1", [])]
    operations = connection.execute(
        """SELECT operation.id, service.id FROM operation JOIN service ON service.id = service_id
           WHERE (? = '' OR service.name = ?) AND (? = '' OR operation.name = ?)""",
        (search.service, search.service, search.operation, search.operation),
    ).fetchall()
    if not search.operation:
        return [("service_id = ?", [service]) for service in {service for _, service in operations}]
    if len(operations) <= _MAX_CURSORS:
        return [("operation_id = ?", [operation]) for operation, _ in operations]
    among = ", ".join(str(operation) for operation, _ in operations)
    return [
        ("service_id = ? AND +operation_id IN (" + among + ")", [service]) for service in {s for _, s in operations}
    ]
