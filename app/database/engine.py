"""Engines for SQLite and PostgreSQL, and the one way to run a query: a function over a connection.

The API awaits `AsyncDatabase`, the worker and the command line call `Database`; both run the same functions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.breakers.breaker import BreakerOpen
from app.database.away import DatabaseAway
from app.database.watched import Watched

if TYPE_CHECKING:
    from app.breakers import Breaker
    from telemetry import Telemetry

P = ParamSpec("P")
T = TypeVar("T")

_READ_ONLY: Final = "plainview_read_only"
_BUSY_TIMEOUT_MS: Final = 5000
#: Less than what a worker is silent for before its jobs are taken over.
_LONGEST_IDLE_SECONDS: Final = 20
#: Of connections to PostgreSQL, in libpq's words: a server that is cut off is noticed within some ten seconds.
SERVER_TIMEOUTS: Final = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
#: The same from the server's side, in PostgreSQL's words: how long it holds what was a node's after the last word from it.
_LETS_GO: Final = {
    "idle_in_transaction_session_timeout": f"{_LONGEST_IDLE_SECONDS}s",
    "tcp_user_timeout": f"{_LONGEST_IDLE_SECONDS}s",
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "2",
}


class Database:
    """Runs functions over a connection, each in a transaction of its own; lives as long as the process.

    With a breaker both methods raise `DatabaseAway` for a call that was not made.
    """

    def __init__(self, engine: Engine, breaker: Breaker | None = None) -> None:
        self.engine = engine
        self._breaker = breaker
        self._reader = engine.execution_options(**{_READ_ONLY: True})

    def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `query` returns; its changes are committed, or rolled back when it raises."""
        with self._watched(), self.engine.begin() as connection:
            return query(connection, *args, **kwargs)

    def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `query` returns; it must not write, and takes no write lock."""
        with self._watched(), self._reader.begin() as connection:
            return query(connection, *args, **kwargs)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        if self._breaker is None:
            yield
            return
        try:
            with self._breaker.blocking_call():
                yield
        except BreakerOpen as error:
            raise DatabaseAway(str(error), error.retry_after) from None


class AsyncDatabase:
    """`Database` for the event loop; with a breaker whoever asks while the database is away is told so at once.

    Both methods then raise `DatabaseAway` for a call that was not made or took too long.
    """

    def __init__(self, engine: AsyncEngine, breaker: Breaker | None = None) -> None:
        self.engine = engine
        self._reader = engine.execution_options(**{_READ_ONLY: True})
        self._watched = None if breaker is None else Watched(breaker, is_remote=engine.dialect.name != "sqlite")

    async def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `query` returns; its changes are committed, or rolled back when it raises."""

        async def once() -> T:
            async with self.engine.begin() as connection:
                return await connection.run_sync(query, *args, **kwargs)

        return await (once() if self._watched is None else self._watched.write(once))

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `query` returns; it must not write, and takes no write lock."""

        async def once() -> T:
            async with self._reader.begin() as connection:
                return await connection.run_sync(query, *args, **kwargs)

        return await (once() if self._watched is None else self._watched.read(once))


@contextmanager
def open_database(
    url: URL, *, pool_size: int = 5, telemetry: Telemetry | None = None, breaker: Breaker | None = None
) -> Iterator[Database]:
    """Give the database at `url` to synchronous code; with `telemetry` its statements and connections are measured.

    With `breaker` a server that stands still keeps nobody for long, and is left alone while it fails.
    """
    driver = "sqlite+pysqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(url.set(drivername=driver), **_options(url, pool_size))
    prepare(engine)
    if breaker is not None and engine.dialect.name == "postgresql":
        from app.database.bounded import bound  # noqa: PLC0415 - what a service on SQLite does not load

        bound(engine)
    try:
        with measured(engine, "service", telemetry):
            yield Database(engine, breaker)
    finally:
        engine.dispose()


@asynccontextmanager
async def open_async_database(
    url: URL, *, pool_size: int = 5, telemetry: Telemetry | None = None, breaker: Breaker | None = None
) -> AsyncIterator[AsyncDatabase]:
    """Give the database at `url` to the event loop; with `telemetry` it is measured, with `breaker` left alone while it fails."""
    driver = "sqlite+aiosqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_async_engine(url.set(drivername=driver), **_options(url, pool_size))
    prepare(engine.sync_engine)
    try:
        with measured(engine, "service", telemetry):
            yield AsyncDatabase(engine, breaker)
    finally:
        await engine.dispose()


def measured(engine: Engine | AsyncEngine, name: str, telemetry: Telemetry | None) -> AbstractContextManager[object]:
    """Measure `engine` for the block; the command line has no telemetry and does not."""
    if telemetry is None:
        return nullcontext()
    from telemetry.meters import watch_engine  # noqa: PLC0415 - what the command line does not load

    return watch_engine(engine, name, telemetry=telemetry)


def _options(url: URL, pool_size: int) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        # A missing folder would read as a database that cannot be opened; a missing schema says what to do.
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
        return {"pool_size": pool_size}
    return {
        "pool_size": pool_size,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "connect_args": SERVER_TIMEOUTS,
    }


def prepare(engine: Engine) -> None:
    """Make every connection of `engine` one that keeps nobody waiting; with SQLite durable, patient and strict, too."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", _begin)
    else:
        let_go_when_idle(engine)


def let_go_when_idle(engine: Engine) -> None:
    """Have PostgreSQL end transactions whose process stands still, and connections of nodes that are cut off or without power.

    What they locked is another's to take; and a server keeps connections of nodes that are gone for two hours, of itself.
    """
    event.listen(engine, "connect", _set_timeouts)


def _set_timeouts(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("; ".join(f"SET {name} = '{value}'" for name, value in _LETS_GO.items()))
    cursor.close()
    connection.commit()


def _pragmas(connection: Any, _record: object) -> None:
    # The driver's own transactions start too late for BEGIN IMMEDIATE: take them over.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot be retried by the busy handler: lock at the start.
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
