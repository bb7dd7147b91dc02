"""A database that is away at the end of a run costs a moment, not the run."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from app.database.engine import Database
from app.jobs.files import JobFiles
from app.jobs.runner import Runner
from tests.app.jobs.test_runner import runs, status_of


@contextmanager
def away_at_the_end(engine: Engine, *, committed: bool) -> Iterator[list[str]]:
    """Lose the connection in the first commit that ends a run, after or before it took effect; gives what was lost."""
    ending: list[str] = []
    lost: list[str] = []

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE job SET") and "finished_at" in statement:
            ending.append(statement)

    def commit(connection: Connection) -> None:
        if ending and not lost:
            lost.append(ending[0])
            if committed:
                connection.connection.dbapi_connection.execute("COMMIT")
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("gone"))

    event.listen(engine, "after_cursor_execute", executed)
    event.listen(engine, "commit", commit)
    try:
        yield lost
    finally:
        event.remove(engine, "after_cursor_execute", executed)
        event.remove(engine, "commit", commit)


@pytest.mark.parametrize("when", ["before the commit", "after the commit"])
async def test_run_that_ends_while_the_database_is_away_counts(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    runner: Runner,
    submit: Any,
    database: Database,
    files: JobFiles,
    wav: bytes,
    when: str,
) -> None:
    job_id = (await submit())["job_id"]
    with away_at_the_end(database.engine, committed=when.startswith("after")) as lost:
        await asyncio.to_thread(runner, job_id)  # a writer on this loop would hold the file, and not go on
    assert len(lost) == 1
    assert (await status_of(client, acme, job_id))["status"] == "succeeded"
    assert runs(database) == [(1, "job", "succeeded")]
    assert (await client.get(f"/result/{job_id}", headers=acme)).content == wav
    assert len(list(files.results.iterdir())) == 1
