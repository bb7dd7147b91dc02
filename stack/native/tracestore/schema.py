"""The SQLite file: tables, and connections that write or read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

# Traces may be thrown away: a file of another version is set aside, never migrated.
VERSION: Final = 1

# `last_span` is the highest span id that uses the row; below the oldest span kept, the row is unused.
_TABLES: Final = """
CREATE TABLE service (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last_span INTEGER NOT NULL DEFAULT 0);
CREATE TABLE operation (
    id INTEGER PRIMARY KEY, service_id INTEGER NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,
    last_span INTEGER NOT NULL DEFAULT 0, UNIQUE (service_id, name, kind));
CREATE TABLE resource (
    id INTEGER PRIMARY KEY, payload BLOB NOT NULL UNIQUE, last_span INTEGER NOT NULL DEFAULT 0);
CREATE TABLE scope (
    id INTEGER PRIMARY KEY, payload BLOB NOT NULL UNIQUE, last_span INTEGER NOT NULL DEFAULT 0);
CREATE TABLE span (
    id INTEGER PRIMARY KEY,
    trace_id BLOB NOT NULL, span_id BLOB NOT NULL, parent_id BLOB NOT NULL,
    kind INTEGER NOT NULL, status INTEGER NOT NULL,
    service_id INTEGER NOT NULL, operation_id INTEGER NOT NULL,
    resource_id INTEGER NOT NULL, scope_id INTEGER NOT NULL,
    start INTEGER NOT NULL, duration INTEGER NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (trace_id, span_id, kind));
CREATE INDEX span_by_service ON span (service_id, start);
CREATE INDEX span_by_operation ON span (operation_id, start);
CREATE INDEX span_by_start ON span (start);
"""


def open_writer(path: Path, wal_bytes: int) -> sqlite3.Connection:
    """Open the file for the one thread that writes, creating it where it is missing.

    A file that is damaged or of another version is renamed to `NAME.set-aside-TIME` and a new one begun.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _open_writer(path, wal_bytes)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        set_aside(path)
        return _open_writer(path, wal_bytes)


def _open_writer(path: Path, wal_bytes: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # takes effect on an empty file only
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("PRAGMA busy_timeout = 15000")
        connection.execute("PRAGMA cache_size = -8192")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA journal_size_limit = {wal_bytes}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {max(16, wal_bytes // 4 // 4096)}")
        _ensure_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _ensure_tables(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version != VERSION:
        message = f"the trace store's file is of version {version}, this program writes {VERSION}"
        raise sqlite3.DatabaseError(message)


def set_aside(path: Path) -> None:
    """Rename a file that cannot be used, and drop its write-ahead log."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    path.rename(path.with_name(f"{path.name}.set-aside-{stamp}"))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file for one thread that only reads."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA cache_size = -4096")
    return connection


def size_on_disk(path: Path) -> int:
    """Return the bytes of the file with its write-ahead log."""
    return sum(_size(path, suffix) for suffix in ("", "-wal", "-shm"))


def wal_size(path: Path) -> int:
    """Return the bytes of the write-ahead log of the file."""
    return _size(path, "-wal")


def _size(path: Path, suffix: str) -> int:
    try:
        return path.with_name(path.name + suffix).stat().st_size
    except FileNotFoundError:
        return 0


def first_start(connection: sqlite3.Connection) -> float:
    """Return the Unix time at which the oldest span started, 0 when there is none."""
    with closing(connection.execute("SELECT start FROM span ORDER BY start LIMIT 1")) as rows:
        row: tuple[int] | None = rows.fetchone()
    return row[0] / 1e9 if row else 0.0
