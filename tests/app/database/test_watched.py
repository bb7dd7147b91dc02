"""Calls to the database through a breaker, on errors as the drivers make them."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from app.breakers import Breaker, Breakers
from app.database import watched
from app.database.away import DatabaseAway, is_away, is_connection_lost
from app.database.watched import PAUSE, THRESHOLD, Watched
from telemetry import Telemetry
from tests.app.breakers.test_breaker import Clock


def of_file(name: str) -> OperationalError:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorname = name
    return OperationalError("SELECT", {}, error)


def of_server(error: type[psycopg.Error]) -> OperationalError:
    return OperationalError("SELECT", {}, error("said"))


REFUSED = of_server(psycopg.OperationalError)
SHUT_DOWN = of_server(psycopg.errors.AdminShutdown)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (REFUSED, True),
        (SHUT_DOWN, True),
        (of_server(psycopg.errors.TooManyConnections), True),
        (of_server(psycopg.errors.DeadlockDetected), False),
        (of_server(psycopg.errors.QueryCanceled), False),
        (of_server(psycopg.errors.DiskFull), False),
        (of_file("SQLITE_CANTOPEN"), True),
        (of_file("SQLITE_IOERR_READ"), True),
        (of_file("SQLITE_BUSY"), False),
        (of_file("SQLITE_ERROR"), False),
        (InterfaceError("SELECT", {}, psycopg.InterfaceError("closed")), True),
        (IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation("twice")), False),
        (TimeoutError(), True),
        (ValueError(), False),
    ],
    ids=str,
)
def test_away_is_told_from_asked_wrong(error: Exception, *, away: bool) -> None:
    assert is_away(error) is away


def test_lost_connection_is_worth_another_try_and_a_time_out_is_not() -> None:
    assert is_connection_lost(SHUT_DOWN)
    assert not is_connection_lost(DatabaseAway("no answer", 3))
    assert not is_connection_lost(of_server(psycopg.errors.DeadlockDetected))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def breaker(telemetry: Telemetry, clock: Clock) -> Breaker:
    return Breakers(telemetry).make("database", threshold=THRESHOLD, pause=PAUSE, counts=is_away, clock=clock)


@pytest.fixture
def server(breaker: Breaker, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(watched, "_READ_PAUSE", timedelta(milliseconds=1))
    return Watched(breaker, is_remote=True)


class Query:
    """Raises its errors one after the other, then returns."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "found"


async def test_read_whose_connection_was_lost_is_made_again(server: Watched) -> None:
    query = Query(SHUT_DOWN)
    assert await server.read(query) == "found"
    assert query.asked == 2


async def test_write_is_made_once(server: Watched) -> None:
    query = Query(SHUT_DOWN)
    with pytest.raises(OperationalError):
        await server.write(query)
    assert query.asked == 1


async def test_database_that_is_away_is_not_asked_until_the_pause_is_over(
    server: Watched, breaker: Breaker, clock: Clock
) -> None:
    for _ in range(THRESHOLD):
        with pytest.raises(OperationalError):
            await server.write(Query(REFUSED))
    query = Query()
    with pytest.raises(DatabaseAway) as told:
        await server.read(query)
    assert (query.asked, told.value.retry_after) == (0, 3)
    clock.seconds += 3
    assert await server.read(query) == "found"
    assert breaker.state == "closed"


async def test_whoever_asks_does_not_wait_for_a_driver_that_does_not_end(
    server: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "PATIENCE", timedelta(milliseconds=10))
    ended = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await ended.wait()  # as psycopg waits for a server that is stopped
            raise

    with pytest.raises(DatabaseAway, match="no answer within"):
        await server.write(stubborn)
    ended.set()


async def test_read_that_is_made_again_takes_no_longer_than_one(
    server: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "PATIENCE", timedelta(seconds=0.6))
    clock = asyncio.get_running_loop().time
    asked: list[float] = []

    async def lost_late_then_silent() -> None:
        asked.append(clock())
        if len(asked) == 1:
            await asyncio.sleep(0.5)
            raise SHUT_DOWN
        await asyncio.Event().wait()

    with pytest.raises(DatabaseAway, match="no answer within"):
        await server.read(lost_late_then_silent)
    assert len(asked) == 2
    assert clock() - asked[0] < 0.9


async def test_caller_that_gives_up_ends_its_query(server: Watched) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def query() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    caller = asyncio.create_task(server.write(query))
    await began.wait()
    caller.cancel()
    await asyncio.wait({caller})
    assert ended.is_set()
