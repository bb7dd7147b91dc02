from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app.database import schema
from app.database.engine import Database, open_database
from app.database.migrate import FOLDER, migrate
from app.database.tables import metadata
from app.settings import Settings


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_name": lambda *_: True})
    return list(compare_metadata(context, metadata))


def test_newest_migration_is_the_revision_that_the_service_asks_for() -> None:
    assert ScriptDirectory(str(FOLDER)).get_current_head() == schema.REVISION


def test_migrated_tables_are_the_declared_ones(database: Database) -> None:
    assert database.read(differences) == []


def test_every_migration_goes_forward_and_back(settings: Settings, database: Database) -> None:
    for script in reversed(list(ScriptDirectory(str(FOLDER)).walk_revisions())):
        migrate(settings, script.revision)
        assert database.read(schema.current_revision) == script.revision
    migrate(settings, "base")
    assert set(database.read(lambda connection: inspect(connection).get_table_names())) == {"alembic_version"}
    migrate(settings)
    database.read(schema.check_schema)


def test_many_processes_may_migrate_at_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(settings), range(4)))
    with open_database(settings.database) as database:
        database.read(schema.check_schema)


def test_database_that_was_not_migrated_is_named_with_what_to_do(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.data.mkdir()
    with (
        open_database(settings.database) as database,
        pytest.raises(schema.WrongSchemaError, match="python -m app migrate"),
    ):
        database.read(schema.check_schema)
