from __future__ import annotations

import asyncio
import shutil
from types import SimpleNamespace

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from app.database.engine import Database
from app.health.checks import Health
from app.health.findings import Finding
from app.jobs import workers
from app.services import Services
from tests.app.jobs.test_series import FACTS

PARTS = {"database", "queue", "storage", "disk", "memory", "redis", "worker", "gpu", "telemetry", "breakers"}


async def test_live_asks_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/ready"])
async def test_missing_worker_is_degraded_and_still_ready(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["components"]["worker"]["status"]) == (200, "degraded", "degraded")
    assert set(body["components"]) == PARTS
    assert all(part["message"] for part in body["components"].values())


async def test_all_is_healthy_with_a_worker(
    client: httpx.AsyncClient, services: Services, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.health, "_kept_seconds", -1.0)
    await asyncio.to_thread(database.write, workers.present, FACTS)
    assert (await client.get("/health")).json()["components"]["worker"] == {
        "status": "healthy",
        "message": "1 alive",
        "duration_seconds": pytest.approx(0, abs=1),
    }


async def test_wrong_schema_is_not_ready_and_says_what_to_do(
    client: httpx.AsyncClient, services: Services, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.health, "_kept_seconds", -1.0)
    await asyncio.to_thread(
        database.write, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    )
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert "python -m app migrate" in answer.json()["components"]["database"]["message"]


@pytest.mark.parametrize(("free", "status"), [(50, "healthy"), (7, "degraded"), (3, "unhealthy")])
async def test_disk_warns_below_a_tenth_and_fails_below_a_twentieth(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch, free: int, status: str
) -> None:
    monkeypatch.setattr(services.health, "_kept_seconds", -1.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=100, used=100 - free, free=free))
    assert (await client.get("/health")).json()["components"]["disk"]["status"] == status


async def test_status_of_the_parts_is_kept_fresh_though_nobody_asks(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def exported(status: str) -> None:
        line = f'health_component_status{{component="worker"}} {status}\n'
        while line not in (await client.get("/metrics")).text:
            pass

    await asyncio.wait_for(exported("0.5"), 10)
    await asyncio.to_thread(database.write, workers.present, FACTS)
    await asyncio.wait_for(exported("1.0"), 10)


async def test_status_that_is_old_is_not_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    async def good() -> Finding:
        return Finding("healthy", "good")

    health = Health({"a": good})
    await health.report()
    registry = CollectorRegistry()
    registry.register(health)
    assert registry.get_sample_value("health_component_status", {"component": "a"}) == 1
    monkeypatch.setattr("app.health.checks._STALE_SECONDS", 0.0)
    assert registry.get_sample_value("health_component_status", {"component": "a"}) is None


async def test_checks_run_together_and_one_that_hangs_or_fails_is_unhealthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.health.checks._TIMEOUT", 0.05)
    both = asyncio.Barrier(2)

    async def together() -> Finding:
        await both.wait()
        return Finding("healthy", "met the other")

    async def fails() -> Finding:
        raise OSError("secret detail")

    async def hangs() -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    health = Health({"a": together, "b": together, "fails": fails, "hangs": hangs})
    report = await health.report()
    assert {part.name: part.status for part in report.components} == {
        "a": "healthy",
        "b": "healthy",
        "fails": "unhealthy",
        "hangs": "unhealthy",
    }
    assert not report.is_ready
    assert "secret" not in str(report)
    assert await health.report() is report
    registry = CollectorRegistry()
    registry.register(health)
    assert registry.get_sample_value("health_component_status", {"component": "hangs"}) == 0


@pytest.mark.parametrize("name", ["redis", "worker", "gpu", "telemetry", "breakers"])
async def test_part_that_requests_do_not_need_keeps_none_out_when_it_does_not_tell_how_it_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.health.checks._TIMEOUT", 0.01)

    async def hangs() -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    async def fails() -> Finding:
        raise OSError

    for check in (hangs, fails):
        report = await Health({name: check}).report()
        assert (report.status, report.is_ready) == ("degraded", True)


async def test_process_that_was_told_to_stop_is_not_ready_at_once_and_alive(
    client: httpx.AsyncClient, services: Services, admin: dict[str, str]
) -> None:
    assert (await client.get("/health/ready")).status_code == 200
    services.stopping.tell()
    for path in ("/health/ready", "/ready", "/health"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["components"]["shutdown"]["status"]) == (503, "unhealthy")
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/jobs", headers=admin)).status_code == 200
