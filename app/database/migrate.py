"""Migrations, safe when many processes start at once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.database.engine import open_database
from app.database.schema import current_revision
from app.jobs.queue import migrate_queue
from app.settings import Settings

FOLDER: Final = Path(__file__).resolve().parents[1] / "migrations"
_LOCK: Final = 7_546_821_950  # any number, the same in every version


def migrate(settings: Settings, revision: str = "head") -> None:
    """Bring the database to `revision`, forward or back; with "head" the queue's own tables follow."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with open_database(settings.database) as database:
        database.write(_move, revision)
        if revision == "head":
            database.write(_move_queue, settings)


def _move(connection: Connection, revision: str) -> None:
    _lock(connection)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    move = command.downgrade if _is_back(current_revision(connection), revision) else command.upgrade
    move(config, revision)


def _is_back(current: str | None, revision: str) -> bool:
    if revision == "base":
        return True
    if revision == "head" or current in (None, revision):
        return False
    return revision in {script.revision for script in ScriptDirectory(str(FOLDER)).iterate_revisions(current, "base")}


def _move_queue(connection: Connection, settings: Settings) -> None:
    _lock(connection)
    migrate_queue(settings)


def _lock(connection: Connection) -> None:
    # SQLite holds its write lock since BEGIN IMMEDIATE; PostgreSQL needs one that spans all tables.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
