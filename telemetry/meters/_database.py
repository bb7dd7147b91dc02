"""What a SQLAlchemy engine does and what its pool is short of.

Series: `db_client_operation_duration_seconds{db_system_name,db_operation_name,error_type}`, and by
`db_client_connection_pool_name`: `db_client_connections{db_client_connection_state}`, `db_client_connection_max`,
`db_client_connection_pending_requests`, `db_client_connection_timeouts_total`,
`db_client_connection_wait_time_seconds`, `db_client_connection_use_time_seconds`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakValueDictionary

from sqlalchemy import Engine, event, exc
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from telemetry import catalog
from telemetry._outcome import error_type_of
from telemetry._series import Series, exemplar, quiet
from telemetry.meters._statements import operation_name

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_PART: Final = "database"
_BEGAN: Final = "_plainview_began"
# As OpenTelemetry names them, where SQLAlchemy has another name.
#: Who shows the pool of a name: an engine that goes late takes nothing away from the one made after it.
_SHOWN_BY: Final[WeakValueDictionary[tuple[int, str], EngineMeter]] = WeakValueDictionary()
_SYSTEMS: Final = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}


def watch_engine(engine: Engine | AsyncEngine, name: str, *, telemetry: Telemetry | None = None) -> EngineMeter:
    """Measure every statement, commit and connection of `engine` until `close()` or until the engine is gone.

    Call it right after the engine is made: copies of it by `execution_options` that were made before are not measured.

    Args:
        engine: of any database.
        name: of its pool, a label; each engine of a process has one of its own.
        telemetry: where to report; what is current.
    """
    return EngineMeter(engine.sync_engine if isinstance(engine, AsyncEngine) else engine, name, telemetry)


class EngineMeter:
    """Measures one engine until it is closed, which leaving it as a context manager does, or the engine is gone."""

    def __init__(self, engine: Engine, name: str, telemetry: Telemetry | None) -> None:
        one = partial(Series, telemetry=telemetry)
        self._engine = weakref.ref(engine)
        self._place = (id(telemetry), name)
        self._system = _SYSTEMS.get(engine.dialect.name, engine.dialect.name)
        self._durations = one(catalog.DB_OPERATION_DURATION)
        self._pending = one(catalog.DB_PENDING, name)
        self._timeouts = one(catalog.DB_TIMEOUTS, name)
        self._wait = one(catalog.DB_WAIT_TIME, name)
        self._use = one(catalog.DB_USE_TIME, name)
        self._gauges: list[tuple[Series, tuple[str, ...], Callable[[Any], float]]] = []
        if isinstance(engine.pool, QueuePool):
            self._gauges = [
                (one(catalog.DB_CONNECTIONS), (name, "idle"), lambda pool: pool.checkedin()),
                (one(catalog.DB_CONNECTIONS), (name, "used"), lambda pool: pool.checkedout()),
            ]
            if engine.pool._max_overflow >= 0:  # noqa: SLF001 - there is no other way to it
                self._gauges.append((one(catalog.DB_CONNECTIONS_MAX), (name,), _most))
        self._listeners: tuple[tuple[str, Callable[..., None]], ...] = (
            ("before_cursor_execute", self._before),
            ("after_cursor_execute", self._after),
            ("handle_error", self._failed),
            ("engine_disposed", self._on_disposed),
            ("checkout", self._checked_out),
            ("checkin", self._checked_in),
        )
        for happening, listener in self._listeners:
            event.listen(engine, happening, listener)
        self._wrap_commit(engine)
        self._wrap_pool(engine)
        self._begin()
        self._finalizer = weakref.finalize(engine, self._forget)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Measure no more, and take the pool's gauges out of the exposition."""
        engine = self._engine()
        if engine is None or not self._finalizer.alive:
            return
        for happening, listener in self._listeners:
            event.remove(engine, happening, listener)
        for wrapped, name in ((engine.dialect, "do_commit"), (engine.pool, "connect")):
            vars(wrapped).pop(name, None)
        self._finalizer()

    @quiet(_PART)
    def _begin(self) -> None:
        _SHOWN_BY[self._place] = self
        for series in (self._pending, self._timeouts, self._wait, self._use):
            series.now()
        for series, values, read in self._gauges:
            series.now().labels(*values).set_function(partial(self._read, read))

    @quiet(_PART)
    def _forget(self) -> None:
        if _SHOWN_BY.get(self._place) is not self:
            return
        self._pending.now().set(0)
        for series, values, _ in self._gauges:
            series.now().remove(*values)

    def _read(self, read: Callable[[Any], float]) -> float:
        engine = self._engine()
        return read(engine.pool) if engine is not None else 0

    def _wrap_commit(self, engine: Engine) -> None:
        """Time commits too: SQLAlchemy says when one is about to happen, not when it is done, and there the disk waits."""
        commit = engine.dialect.do_commit

        def timed(dbapi_connection: Any) -> None:
            began, error = perf_counter(), None
            try:
                commit(dbapi_connection)
            except BaseException as raised:
                error = raised
                raise
            finally:
                self._record("COMMIT", perf_counter() - began, error)

        engine.dialect.do_commit = timed  # type: ignore[method-assign]

    def _wrap_pool(self, engine: Engine) -> None:
        """Time how long a connection is waited for: SQLAlchemy says when one is there, not when it is asked for."""
        connect = engine.pool.connect

        def timed() -> Any:
            self._asked(1)
            began, error = perf_counter(), None
            try:
                return connect()
            except BaseException as raised:
                error = raised
                raise
            finally:
                self._asked(-1)
                self._waited(perf_counter() - began, error)

        engine.pool.connect = timed  # type: ignore[method-assign]

    def _on_disposed(self, engine: Engine) -> None:
        self._wrap_pool(engine)  # it has a new pool

    def _before(
        self, _connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: Any
    ) -> None:
        if context is not None:
            setattr(context, _BEGAN, perf_counter())

    def _after(
        self, _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: Any
    ) -> None:
        began = getattr(context, _BEGAN, None)
        if began is not None:
            self._record(operation_name(statement), perf_counter() - began, None)

    def _failed(self, context: Any) -> None:
        # Also of a connect, which has no context: that is the pool's.
        began = getattr(context.execution_context, _BEGAN, None)
        if began is not None and context.statement is not None:
            self._record(operation_name(context.statement), perf_counter() - began, context.original_exception)

    def _checked_out(self, _connection: Any, record: Any, _proxy: Any) -> None:
        record.info[_BEGAN] = perf_counter()

    @quiet(_PART)
    def _checked_in(self, _connection: Any, record: Any) -> None:
        began = record.info.pop(_BEGAN, None)
        if began is not None:
            self._use.now().observe(perf_counter() - began, exemplar())

    @quiet(_PART)
    def _asked(self, change: int) -> None:
        self._pending.now().inc(change)

    @quiet(_PART)
    def _waited(self, seconds: float, error: BaseException | None) -> None:
        self._wait.now().observe(seconds, exemplar())
        if isinstance(error, exc.TimeoutError):
            self._timeouts.now().inc(1, exemplar())

    @quiet(_PART)
    def _record(self, operation: str, seconds: float, error: BaseException | None) -> None:
        child = self._durations.now().labels(self._system, operation, error_type_of(error))
        child.observe(seconds, exemplar())


def _most(pool: Any) -> float:
    return float(pool.size() + pool._max_overflow)  # noqa: SLF001 - as above
