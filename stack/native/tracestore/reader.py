"""What can be asked of the store, on one reading connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from stack.native.tracestore import proto
from stack.native.tracestore.rows import service_name
from stack.native.tracestore.tags import KINDS


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """A span with the resource and scope it came with. Resources and scopes are shared between spans."""

    span: Span
    resource: Resource
    scope: InstrumentationScope
    resource_id: int
    scope_id: int

    @property
    def service(self) -> str:
        return service_name(self.resource)


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """A trace: its spans by start, and how many more there are than were read."""

    trace_id: bytes
    spans: list[StoredSpan]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Dependency:
    parent: str
    child: str
    calls: int


def services(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the services, sorted."""
    return [name for (name,) in connection.execute("SELECT name FROM service ORDER BY name")]


def operations(connection: sqlite3.Connection, service: str, kind: str = "") -> list[Operation]:
    """Return the operations of a service by name; of one span kind only where it is given."""
    rows = connection.execute(
        """SELECT operation.name, kind FROM operation JOIN service ON service.id = service_id
           WHERE service.name = ? ORDER BY operation.name, kind""",
        (service,),
    )
    found = (Operation(name, KINDS[number] if number < len(KINDS) else "") for name, number in rows)
    return [operation for operation in found if kind in ("", operation.kind)]


def trace(connection: sqlite3.Connection, trace_id: bytes, max_spans: int) -> StoredTrace | None:
    """Return a trace, None when there is no span of it."""
    rows = connection.execute(
        "SELECT payload, resource_id, scope_id FROM span WHERE trace_id = ? ORDER BY start, id LIMIT ?",
        (trace_id, max_spans),
    ).fetchall()
    resources = {row_id: _resource(connection, row_id) for row_id in {row[1] for row in rows}}
    scopes = {row_id: _scope(connection, row_id) for row_id in {row[2] for row in rows}}
    spans = [
        StoredSpan(proto.span(payload), resources[resource], scopes[scope], resource, scope)
        for payload, resource, scope in rows
    ]
    if not spans:
        return None
    if len(spans) < max_spans:
        return StoredTrace(trace_id, spans)
    (count,) = connection.execute("SELECT count(*) FROM span WHERE trace_id = ?", (trace_id,)).fetchone()
    return StoredTrace(trace_id, spans, left_out=count - len(spans))


def _resource(connection: sqlite3.Connection, row_id: int) -> Resource:
    return proto.resource(_payload(connection, "resource", row_id))


def _scope(connection: sqlite3.Connection, row_id: int) -> InstrumentationScope:
    return proto.scope(_payload(connection, "scope", row_id))


def _payload(connection: sqlite3.Connection, table: str, row_id: int) -> bytes:
    select = f"SELECT payload FROM {table} WHERE id = ?"  # noqa: S608 - a name from this module
    row: tuple[bytes] | None = connection.execute(select, (row_id,)).fetchone()
    return row[0] if row else b""  # gone since the spans were read


def traces(
    connection: sqlite3.Connection, trace_ids: list[bytes], max_spans: int, max_all: int
) -> Iterator[StoredTrace]:
    """Yield the traces of these ids that exist, in order, until they hold `max_all` spans together."""
    total = 0
    for trace_id in trace_ids:
        if total >= max_all:
            return
        if found := trace(connection, trace_id, min(max_spans, max_all - total)):
            total += len(found.spans)
            yield found


def dependencies(connection: sqlite3.Connection, start: int, end: int) -> list[Dependency]:
    """Return who called whom, from the spans that started between the two times (nanoseconds)."""
    rows = connection.execute(
        """SELECT caller.name, callee.name, sum(calls) FROM (
               SELECT parent.service_id AS parent_service, child.service_id AS child_service, count(*) AS calls
               FROM span AS child JOIN span AS parent
                 ON parent.trace_id = child.trace_id AND parent.span_id = child.parent_id
               WHERE child.start BETWEEN ? AND ? AND child.parent_id <> x''
               GROUP BY 1, 2)
           JOIN service AS caller ON caller.id = parent_service
           JOIN service AS callee ON callee.id = child_service
           GROUP BY 1, 2 ORDER BY 1, 2""",
        (start, end),
    )
    return [Dependency(*row) for row in rows]
