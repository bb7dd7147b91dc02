from __future__ import annotations

from sqlalchemy import column, select

from app.database.engine import Database
from app.database.tables import job
from app.jobs import rows
from app.jobs.rows import NewJob

NEW = NewJob("0" * 32, "acme", "k", "standard", "hello", None, None)


def test_column_that_a_newer_version_added_is_left_alone(database: Database) -> None:
    database.write(rows.add, NEW)
    newer = select(job, column("rowid").label("added_later"))
    row = database.read(lambda connection: connection.execute(newer).one())
    assert rows.as_job(row).id == NEW.id


def test_older_version_can_still_add_a_job(database: Database) -> None:
    """What it does not know has a default or may be empty: old and new run side by side during an upgrade."""
    known = ("id", "operation", "state", "customer", "tier", "prompt", "created_at", "queued_at")
    defaults = ("progress", "attempts", "gpu_seconds", "cost_nanousd")  # which the first version gave itself
    added = [each for each in job.c if each.name not in known + defaults]
    assert [each.name for each in added if not each.nullable and each.server_default is None] == []
