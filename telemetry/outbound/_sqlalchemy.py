"""Spans of SQLAlchemy's statements, for sync and async engines, also those made before the start.

OpenTelemetry's own instrumentation refuses SQLAlchemy 2.1 and sees only engines that are made after it; listeners on the
class of all engines see each. A statement makes a span within a recorded trace only: what a queue or a health check
polls in the background is no trace. Names and attributes are those of the stable conventions.
"""

import sys
import time
from functools import partial
from typing import Any, Final

from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext, ExecutionContext

from telemetry._current import current
from telemetry._sql import Query, query
from telemetry.outbound._provider import is_recorded
from telemetry.traces import pointing_tracer

_SPAN: Final = "_plainview_span"
_SYSTEMS: Final = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}
# These begin and end what others do. They are shown where they waited, as for the one writer of a SQLite file, or failed.
_BOOKKEEPING: Final = frozenset({"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA"})
_WORTH_A_SPAN: Final = 10_000_000
_AUTHORS: Final = "opentelemetry.instrumentation.sqlalchemy"
_tracer: Final = pointing_tracer("plainview.sqlalchemy", schema_url="https://opentelemetry.io/schemas/1.33.0")


def listen() -> bool:
    """Make a span for each statement from now on."""
    for name, listener in _LISTENERS.items():
        event.listen(Engine, name, listener)
    return True


def stop_listening() -> None:
    """Undo `listen`."""
    for name, listener in _LISTENERS.items():
        event.remove(Engine, name, listener)


def _before(
    connection: Connection,
    _cursor: Any,
    statement: str,
    parameters: Any,
    context: ExecutionContext | None,
    executemany: bool,  # noqa: FBT001
) -> None:
    if context is None or not is_recorded(get_current_span()) or _is_instrumented_by_author():
        return
    try:
        seen = query(statement, connection.dialect.name)
        attributes = {**_address(connection), **_said(seen)}
        if executemany and len(parameters) > 1:
            attributes["db.operation.batch.size"] = len(parameters)
        begin = partial(_tracer.start_span, seen.summary, kind=SpanKind.CLIENT, attributes=attributes)
        late = seen.operation in _BOOKKEEPING
        setattr(context, _SPAN, partial(begin, start_time=time.time_ns()) if late else begin())
    except Exception as error:  # noqa: BLE001 - an error of ours, which must not become the statement's
        _report(error)


def _after(
    _connection: Connection,
    _cursor: Any,
    _statement: str,
    _parameters: Any,
    context: ExecutionContext | None,
    _executemany: bool,  # noqa: FBT001
) -> None:
    span = _taken(context)
    if isinstance(span, partial):
        if time.time_ns() - span.keywords["start_time"] > _WORTH_A_SPAN:
            span().end()
    elif span is not None:
        span.end()


def _failed(failure: ExceptionContext) -> None:
    begun = _taken(failure.execution_context)
    if begun is None:
        return
    span = begun() if isinstance(begun, partial) else begun
    try:
        error = failure.original_exception
        # Its text quotes rows and parameters: the class and the database's own code say what happened.
        span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
        code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
        if code:
            span.set_attribute("db.response.status_code", str(code))
        span.set_status(StatusCode.ERROR, type(error).__name__)
    except Exception as error:  # noqa: BLE001
        _report(error)
    span.end()


_LISTENERS: Final[dict[str, Any]] = {
    "before_cursor_execute": _before,
    "after_cursor_execute": _after,
    "handle_error": _failed,
}


def _taken(context: ExecutionContext | None) -> Span | partial[Span] | None:
    span: Span | partial[Span] | None = getattr(context, _SPAN, None)
    if span is not None:
        delattr(context, _SPAN)
    return span


def _said(seen: Query) -> dict[str, str | int]:
    said: dict[str, str | int] = {"db.query.text": seen.text, "db.query.summary": seen.summary}
    if seen.operation:
        said["db.operation.name"] = seen.operation
    if seen.table:
        said["db.collection.name"] = seen.table
    return said


def _address(connection: Connection) -> dict[str, str | int]:
    name, url = connection.dialect.name, connection.engine.url
    address: dict[str, str | int] = {"db.system.name": _SYSTEMS.get(name, name)}
    if url.database:
        address["db.namespace"] = url.database.rpartition("/")[2] if name == "sqlite" else url.database
    if url.host:
        address["server.address"] = url.host
    if url.port:
        address["server.port"] = url.port
    return address


def _is_instrumented_by_author() -> bool:
    module: Any = sys.modules.get(_AUTHORS)
    return module is not None and module.SQLAlchemyInstrumentor().is_instrumented_by_opentelemetry


def _report(error: Exception) -> None:
    telemetry = current()
    if telemetry is not None:
        with telemetry.edge("outbound"):
            raise error
