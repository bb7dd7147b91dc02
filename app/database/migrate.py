"""Migrations, safe when many processes start at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.database.engine import Database, open_database
from app.database.schema import REVISION, WrongSchemaError, current_revision, is_later_and_fits
from app.jobs.queue import migrate_queue
from app.settings import Settings

FOLDER: Final = Path(__file__).resolve().parents[1] / "migrations"
_LOCK: Final = 7_546_821_950  # any number, the same in every version
_PATIENCE_SECONDS: Final = 120.0
_SECONDS_BETWEEN: Final = 0.1
#: Less than the second after which PostgreSQL looks for a deadlock: it is the migration that begins anew, not a request.
_LOCK_PATIENCE: Final = "300ms"
#: lock_not_available, deadlock_detected; and a new file that others are making one with a write-ahead log.
_GAVE_WAY: Final = ("55P03", "40P01", "SQLITE_BUSY")


def migrate(settings: Settings, revision: str = "head") -> None:
    """Bring the database to `revision`, forward or back; with "head" the queue's own tables follow.

    What a later version has made of the database is left as it is, where this version can work with it.

    Raises:
        WrongSchemaError: a later version has taken away what this one needs.
        NoSuchRevisionError: no migration is called so.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    with open_database(settings.database) as database, _one_at_a_time(database):
        if _move_between_others(database, revision) and revision == "head":
            migrate_queue(settings)


class NoSuchRevisionError(ValueError):
    """A revision that this version has no migration for."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(f"{revision!r} is no revision of the database. Allowed: 0001 to {REVISION}, base, head.")


@contextmanager
def _one_at_a_time(database: Database) -> Iterator[None]:
    if database.engine.dialect.name == "sqlite":
        # Ours and the queue's tables are two files; the migrations of each begin by taking its file's write lock.
        yield
        return
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        # Asked again and again instead of waited for: the queue builds indexes concurrently, which waits for every
        # statement that runs, one that waits for this lock included.
        end = time.monotonic() + _PATIENCE_SECONDS
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
            if time.monotonic() > end:
                raise TimeoutError(f"Another process has been migrating the database for {_PATIENCE_SECONDS:g} s.")
            time.sleep(_SECONDS_BETWEEN)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})


def _move_between_others(database: Database, revision: str) -> bool:
    """Return what `_move` returns, tried until it gets every lock at once; who comes after one that waits would wait, too."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return database.write(_move, revision)
        except DBAPIError as error:
            said = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
            if said not in _GAVE_WAY or time.monotonic() > end:
                raise
        time.sleep(_SECONDS_BETWEEN)


def _move(connection: Connection, revision: str) -> bool:
    """Return whether the database is this version's to move."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_PATIENCE}'"))
    current = current_revision(connection)
    if is_later_and_fits(current):
        return False
    if current is not None and current > REVISION:
        raise WrongSchemaError(current)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    move = command.downgrade if _is_back(current, revision) else command.upgrade
    try:
        move(config, revision)
    except CommandError as error:
        raise NoSuchRevisionError(revision) from error
    return True


def _is_back(current: str | None, revision: str) -> bool:
    if revision == "base":
        return True
    if revision == "head" or current in (None, revision):
        return False
    return revision in {script.revision for script in ScriptDirectory(str(FOLDER)).iterate_revisions(current, "base")}
