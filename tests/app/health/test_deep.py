"""The check that really writes, reads and deletes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from app.database.engine import Database
from app.database.tables import probe
from app.health.deep import deep_checks
from app.health.findings import Finding
from app.redis import open_redis
from app.services import Services
from tests.redis_server import redis_server


async def test_everything_is_written_read_and_deleted(
    client: httpx.AsyncClient, services: Services, database: Database, admin: dict[str, str]
) -> None:
    answer = await client.get("/health/deep", headers=admin)
    parts = answer.json()["components"]
    assert answer.status_code == 200
    assert {name: part["message"] for name, part in parts.items() if name != "gpu"} == {
        "database": "a row was written, read and deleted",
        "queue": "a message was put in, found and taken out",
        "storage": "a file was written, read and deleted",
    }
    assert all(part["detail"] == "" and part["duration_seconds"] >= 0 for part in parts.values())
    assert list(services.files.results.iterdir()) == []
    left = await asyncio.to_thread(
        database.read, lambda connection: connection.scalar(select(func.count()).select_from(probe))
    )
    assert left == 0


async def test_it_is_for_administrators(client: httpx.AsyncClient, acme: dict[str, str]) -> None:
    assert (await client.get("/health/deep")).status_code == 401
    assert (await client.get("/health/deep", headers=acme)).status_code == 403


async def test_many_who_ask_cost_one_check(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    answers = await asyncio.gather(*(client.get("/health/deep", headers=admin) for _ in range(10)))
    assert len({str(answer.json()["components"]) for answer in answers}) == 1


async def test_storage_that_takes_nothing_is_unhealthy_and_names_no_path_to_strangers(
    client: httpx.AsyncClient, services: Services, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.health, "_kept_seconds", -1.0)
    services.files.results.rmdir()
    deep = await client.get("/health/deep", headers=admin)
    assert (deep.status_code, deep.json()["components"]["storage"]["status"]) == (503, "unhealthy")
    assert deep.json()["components"]["storage"]["detail"] == "FileNotFoundError"
    shallow = await client.get("/health")
    assert shallow.status_code == 503
    assert str(services.files.data) not in shallow.text + deep.text
    assert "detail" not in shallow.text


@pytest.mark.parametrize("raises", [False, True], ids=["found", "raised"])
async def test_detail_of_a_fault_is_not_for_strangers(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch, *, raises: bool
) -> None:
    async def away() -> Finding:
        if raises:
            raise OSError("cannot connect to 10.1.2.3")
        return Finding("unhealthy", "does not answer", "cannot connect to 10.1.2.3")

    monkeypatch.setattr(services.health, "_kept_seconds", -1.0)
    monkeypatch.setattr(services.health, "_checks", {"part": away})
    for path in ("/health", "/health/ready", "/ready", "/health/startup"):
        answer = await client.get(path)
        assert "10.1.2.3" not in answer.text
        assert "OSError" not in answer.text


@pytest.mark.integration
async def test_redis_is_written_read_and_deleted_and_may_be_away(services: Services, tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        async with open_redis(services.settings.model_copy(update={"redis_url": server.url})) as redis:
            assert redis is not None
            check = deep_checks(services.database, services.queue, services.files, redis)["redis"]
            assert (await check()).message == "a value was written, read and deleted"
            assert await redis.keys("*") == []
            server.kill()
            assert (await check()).status == "degraded"
