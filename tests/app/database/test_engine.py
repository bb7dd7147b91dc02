from __future__ import annotations

import threading

import pytest
from sqlalchemy import Connection, select, text

from app.database.engine import Database, open_async_database
from app.database.tables import worker
from app.database.times import now
from app.jobs import workers
from app.settings import Settings

FACTS = {"pid": 1, "device": "cpu", "device_name": "CPU", "model": "m", "version": "1"}


def pragmas(connection: Connection) -> dict[str, object]:
    names = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
    return {name: connection.scalar(text(f"PRAGMA {name}")) for name in names}


def test_sqlite_is_durable_patient_and_strict(database: Database) -> None:
    expected = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000, "synchronous": 1}
    assert database.read(pragmas) == expected


async def test_sqlite_of_the_event_loop_is_the_same(settings: Settings) -> None:
    async with open_async_database(settings.database) as database:
        assert (await database.read(pragmas))["journal_mode"] == "wal"


def test_failed_write_leaves_nothing(database: Database) -> None:
    def write_and_fail(connection: Connection) -> None:
        workers.present(connection, {"id": "w", **FACTS})
        raise LookupError

    with pytest.raises(LookupError):
        database.write(write_and_fail)
    assert database.read(lambda connection: connection.execute(select(worker)).all()) == []


def test_writers_that_read_first_wait_for_each_other(database: Database) -> None:
    database.write(workers.present, {"id": "w", **FACTS} | {"pid": 0})

    def increment(connection: Connection) -> None:
        count = connection.scalar(select(worker.c.pid)) or 0
        connection.execute(worker.update().values(pid=count + 1))

    threads = [threading.Thread(target=lambda: [database.write(increment) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.read(lambda connection: connection.scalar(select(worker.c.pid))) == 80


def test_moments_come_back_aware(database: Database) -> None:
    database.write(workers.present, {"id": "w", **FACTS})
    seen = database.read(workers.heartbeats)["w"]
    assert seen.tzinfo is not None
    assert abs((database.read(now) - seen).total_seconds()) < 5
