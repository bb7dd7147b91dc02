"""The service while its database is away: answers at once, says when to come again, and is well again by itself."""

from __future__ import annotations

import asyncio

import httpx
import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.database.watched import PAUSE, THRESHOLD
from app.services import Services
from tests.app.breakers.test_breaker import Clock


def refused(_connection: Connection) -> None:
    raise OperationalError("SELECT 1", {}, psycopg.OperationalError("connection refused"))


async def test_requests_are_told_at_once_until_the_database_is_back(
    client: httpx.AsyncClient, services: Services, acme: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    (breaker,) = [found for found in services.breakers.made if found.name == "database"]
    monkeypatch.setattr(breaker, "_clock", clock)
    # Calls of the service's own loops, which succeed here, may come between.
    failures = [services.database.read(refused) for _ in range(THRESHOLD * 4)]
    assert all(isinstance(end, SQLAlchemyError) for end in await asyncio.gather(*failures, return_exceptions=True))
    assert breaker.state == "open"
    answer = await client.get("/jobs", headers=acme)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "3"
    assert (await client.get("/health/live")).status_code == 200
    clock.seconds += PAUSE.total_seconds()
    # One call is let through at a time, and it may be another's.
    while (answer := await client.get("/jobs", headers=acme)).status_code == 503:
        pass
    assert answer.status_code == 200
    assert breaker.state == "closed"
