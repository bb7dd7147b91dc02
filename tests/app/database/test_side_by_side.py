"""Two versions of the service on one database: what a release adds is in nobody's way, and what it took away is told."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.script import ScriptDirectory
from fastapi import FastAPI
from sqlalchemy import Connection, inspect, text

from app.database import schema
from app.database.engine import Database, open_database
from app.database.migrate import FOLDER, NoSuchRevisionError, migrate
from app.settings import Settings
from tests.app.conftest import client_of
from tests.app.customer import Form

REVISIONS = [script.revision for script in reversed(list(ScriptDirectory(str(FOLDER)).walk_revisions()))]

Columns = dict[tuple[str, str], dict[str, Any]]


def columns(connection: Connection) -> Columns:
    found = inspect(connection)
    return {
        (table, column["name"]): dict(column)
        for table in found.get_table_names()
        for column in found.get_columns(table)
    }


def in_the_way(before: Columns, after: Columns) -> list[str]:
    """Return what would keep the version that knows `before` from working with `after`."""
    tables = {table for table, _ in before}
    bad = [f"{table}.{name} is gone" for table, name in before if (table, name) not in after]
    for (table, name), column in after.items():
        known = before.get((table, name))
        if known is None:
            if table in tables and not column["nullable"] and column["default"] is None:
                bad.append(f"{table}.{name} must be given")
        elif str(known["type"]) != str(column["type"]) or known["nullable"] > column["nullable"]:
            bad.append(f"{table}.{name} changed")
    return bad


def test_migrations_only_add_what_the_version_before_need_not_know(tmp_path):
    settings = Settings(home=tmp_path)
    migrate(settings, REVISIONS[0])
    with open_database(settings.database) as database:
        before = database.read(columns)
        for revision in REVISIONS[1:]:
            migrate(settings, revision)
            after = database.read(columns)
            if revision[0] == REVISIONS[0][0]:
                assert in_the_way(before, after) == [], f"{revision} takes away: it begins a new thousand"
            before = after


def later(database: Database, revision: str) -> None:
    """Make of the database what a later version would."""

    def change(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE job ADD COLUMN mood VARCHAR(16) DEFAULT 'calm' NOT NULL"))
        connection.execute(text("CREATE TABLE moods (name VARCHAR(16) PRIMARY KEY)"))
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    database.write(change)


async def test_this_version_works_with_what_a_later_one_added(
    settings: Settings, database: Database, api: FastAPI, acme: dict[str, str], form: Form
) -> None:
    later(database, "0999")
    migrate(settings)  # as a node of this version does that starts now
    assert database.read(schema.current_revision) == "0999"
    async with client_of(api) as client:
        assert (await client.get("/health/ready")).status_code == 200
        answer = await client.post("/generate", headers=acme, files=form)
        assert answer.status_code == 202
        status = await client.get(f"/status/{answer.json()['job_id']}", headers=acme)
    assert status.json()["status"] == "queued"


def check(settings: Settings) -> None:
    with open_database(settings.database) as database:
        database.read(schema.check_schema)


@pytest.mark.parametrize("does", [migrate, check], ids=["migrate", "start"])
def test_what_a_later_version_took_away_is_told(settings, database, does):
    later(database, "1001")
    with pytest.raises(schema.WrongSchemaError, match=f"migrate --to {schema.REVISION}"):
        does(settings)


def test_revision_that_does_not_exist_is_named(settings):
    with pytest.raises(NoSuchRevisionError, match="'9x' is no revision"):
        migrate(settings, "9x")
