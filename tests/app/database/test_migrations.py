from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, insert, inspect

from app.database import schema
from app.database.engine import Database, open_database
from app.database.migrate import FOLDER, migrate
from app.database.tables import ledger, metadata
from app.keys import rows
from app.ledger.entry import quarter
from app.settings import Settings


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_name": lambda *_: True})
    return list(compare_metadata(context, metadata))


def test_newest_migration_is_the_revision_that_the_service_asks_for() -> None:
    assert ScriptDirectory(str(FOLDER)).get_current_head() == schema.REVISION


def test_migrated_tables_are_the_declared_ones(database: Database) -> None:
    assert database.read(differences) == []


def run_before_the_ledger(connection: Connection) -> None:
    """Enter a job and a run as revision 0002 had them."""
    job, run = (Table(name, MetaData(), autoload_with=connection) for name in ("job", "run"))
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    facts = {"id": "job", "operation": "generate", "state": "succeeded", "customer": "acme", "tier": "standard"}
    connection.execute(
        insert(job).values(
            **facts,
            prompt="hello",
            created_at=moment,
            queued_at=moment,
            progress=1,
            attempts=2,
            gpu_seconds=2.5,
            cost_nanousd=0,
        )
    )
    spent = {"kind": "retry", "device": "gpu", "gpu_seconds": 2.5, "cost_nanousd": 475_000}
    connection.execute(
        insert(run).values(job_id="job", attempt=2, worker_id="w1", started_at=moment, touched_at=moment, **spent)
    )


def test_runs_before_the_ledger_are_in_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    migrate(settings, "0002")
    with open_database(settings.database) as database:
        database.write(run_before_the_ledger)
        migrate(settings)
        (row,) = database.read(lambda connection: connection.execute(ledger.select()).all())
    assert (row.kind, row.customer, row.nanoseconds, row.cost_nanousd) == ("retry", "acme", 2_500_000_000, 475_000)
    assert row.quarter == quarter(datetime(2026, 11, 22, 12, tzinfo=UTC))


def rotated_before_lineage(connection: Connection) -> None:
    """Enter a key that was rotated twice, as revision 0012 had them, and one that was not."""
    key = Table("api_key", MetaData(), autoload_with=connection)
    facts = {"customer": "acme", "role": "customer", "tier": "standard", "origin": "created", "name": ""}
    for number, (name, new) in enumerate((("c", "a"), ("a", "b"), ("b", None), ("d", None))):
        created = datetime(2026, 11, number + 1, tzinfo=UTC)
        values = facts | {"id": name, "prefix": name, "hash": name, "created_at": created, "replaced_by": new}
        connection.execute(insert(key).values(values))


def test_keys_that_were_rotated_before_know_their_lineage(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    migrate(settings, "0012")
    with open_database(settings.database) as database:
        database.write(rotated_before_lineage)
        migrate(settings)
        keys = database.read(rows.every)
    assert {key.id: key.lineage for key in keys} == {"c": None, "a": "c", "b": "c", "d": None}


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
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: migrate(settings), range(6)))
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
