"""What each check finds, and where healthy ends."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import httpx
import pytest

from app.health.components import components
from app.health.export import ExportCheck
from app.health.findings import Check, Finding
from app.health.memory import check_memory
from app.health.seldom import Seldom
from app.health.threads import InThread
from app.redis import open_redis
from app.services import Services
from app.settings import Settings
from telemetry import Telemetry, catalog
from tests.redis_server import redis_server


def host(folder: Path, available: int) -> Path:
    """Return a /proc of a host with 1000 kB."""
    folder.mkdir(exist_ok=True)
    (folder / "meminfo").write_text(f"MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: {available} kB\n")
    return folder


def group(
    folder: Path, used: int, cached: int, *, limit: str = "1000", names: tuple[str, str] = ("max", "current")
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"memory.{names[0]}").write_text(f"{limit}\n")
    (folder / f"memory.{names[1]}").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\ntotal_inactive_file {cached}\n")
    return folder


@pytest.mark.parametrize(
    ("available", "status"), [(500, "healthy"), (151, "healthy"), (100, "degraded"), (40, "unhealthy")]
)
def test_memory_of_the_host(tmp_path: Path, available: int, status: str) -> None:
    assert check_memory(host(tmp_path / "proc", available), tmp_path / "none").status == status


@pytest.mark.parametrize(
    ("used", "cached", "limit", "status"),
    [
        (900, 0, "1000", "degraded"),
        (970, 0, "1000", "unhealthy"),
        (970, 500, "1000", "healthy"),
        (970, 0, "max", "healthy"),
    ],
)
def test_memory_of_the_container_without_what_is_only_cached(
    tmp_path: Path, used: int, cached: int, limit: str, status: str
) -> None:
    proc = host(tmp_path / "proc", 900)
    version_2 = group(tmp_path / "two", used, cached, limit=limit)
    assert check_memory(proc, version_2).status == status
    in_bytes = "9223372036854771712" if limit == "max" else limit
    group(tmp_path / "one" / "memory", used, cached, limit=in_bytes, names=("limit_in_bytes", "usage_in_bytes"))
    assert check_memory(proc, tmp_path / "one").status == status


def test_memory_of_a_group_of_its_own_on_a_host(tmp_path: Path) -> None:
    proc = host(tmp_path / "proc", 900)
    (proc / "self").mkdir()
    (proc / "self" / "cgroup").write_text("0::/system.slice/plainview.service\n")
    group(tmp_path / "cgroup" / "system.slice" / "plainview.service", 960, 0)
    assert check_memory(proc, tmp_path / "cgroup").message.startswith("96% of")


async def test_export_that_loses_or_cannot_deliver_is_degraded_for_a_minute(telemetry: Telemetry) -> None:
    now = 0.0
    check = ExportCheck(telemetry, clock=lambda: now)
    assert (await check()).status == "healthy"
    telemetry.counter(catalog.SPANS_DROPPED).labels("queue_full").inc(7)
    assert await check() == Finding("degraded", "7 spans were lost in the last minute")
    now = 100.0
    await check()
    now = 200.0
    assert (await check()).status == "healthy"
    telemetry.counter(catalog.EXPORT_FAILURES).labels("ConnectError").inc()
    assert (await check()).message == "spans cannot be delivered; they wait"
    telemetry.counter(catalog.SPANS_EXPORTED).inc(3)
    assert (await check()).status == "healthy"


def checks_of(services: Services, settings: Settings, redis: object = None) -> dict[str, Check]:
    return components(settings, services.telemetry, services.database, services.queue, services.files, redis)  # type: ignore[arg-type]


async def test_redis_is_not_missed_by_one_process_and_is_by_several(services: Services, settings: Settings) -> None:
    assert (await checks_of(services, settings)["redis"]()).status == "healthy"
    several = settings.model_copy(update={"processes": 2})
    assert (await checks_of(services, several)["redis"]()).status == "degraded"


@pytest.mark.integration
async def test_redis_that_goes_away_is_degraded_and_no_more(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    with redis_server(tmp_path) as server:
        async with open_redis(settings.model_copy(update={"redis_url": server.url})) as client:
            check = checks_of(services, settings, client)["redis"]
            assert await check() == Finding("healthy", "answers")
            server.kill()
            assert (await check()).status == "degraded"


async def test_check_that_hangs_in_its_thread_is_not_started_again() -> None:
    begun, go_on = [], threading.Event()

    def hangs() -> Finding:
        begun.append(True)
        go_on.wait(10)
        return Finding("healthy", "at last")

    check = InThread(hangs)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await check()
    go_on.set()
    assert (await check()).message == "at last"
    assert len(begun) == 1


async def test_what_costs_money_is_asked_seldom_while_it_is_well() -> None:
    now, answers = 0.0, [Finding("unhealthy", "away"), Finding("healthy", "well"), Finding("unhealthy", "away again")]

    async def ask() -> Finding:
        return answers.pop(0)

    check = Seldom(ask, 30.0, clock=lambda: now)
    assert [(await check()).message for _ in range(3)] == ["away", "well", "well"]
    now = 30.0
    assert (await check()).message == "away again"


async def test_live_is_quick_while_database_and_threads_hang(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(services.database, "read", never)
    monkeypatch.setattr(services.database, "write", never)
    monkeypatch.setattr("app.health.checks._TIMEOUT", 0.3)
    release = threading.Event()
    held = [asyncio.get_running_loop().run_in_executor(None, release.wait, 20) for _ in range(50)]
    try:
        took = []
        for _ in range(5):
            began = asyncio.get_running_loop().time()
            assert (await client.get("/health/live")).status_code == 200
            took.append(asyncio.get_running_loop().time() - began)
        assert min(took) < 0.1
        monkeypatch.setattr(services.health, "_kept_seconds", -1.0)
        async with asyncio.timeout(5):
            answer = await client.get("/health/ready")
        assert answer.status_code == 503
        states = {name: part["status"] for name, part in answer.json()["components"].items()}
        assert states["database"] == "unhealthy"
        assert states["queue"] == states["storage"] == "healthy"  # their threads are their own
    finally:
        release.set()
        await asyncio.gather(*held)


async def test_startup_is_over_once_all_was_well_and_stays_so(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bad() -> Finding:
        return Finding("unhealthy", "not yet")

    async def good() -> Finding:
        return Finding("healthy", "good")

    monkeypatch.setattr(services.health, "_kept_seconds", -1.0)
    monkeypatch.setattr(services.health, "has_been_ready", False)
    monkeypatch.setattr(services.health, "_checks", {"a": bad})
    answer = await client.get("/health/startup")
    assert (answer.status_code, answer.json()) == (503, {"status": "starting"})
    monkeypatch.setattr(services.health, "_checks", {"a": good})
    assert (await client.get("/health/startup")).json() == {"status": "started"}
    monkeypatch.setattr(services.health, "_checks", {"a": bad})
    assert (await client.get("/health/startup")).status_code == 200
    assert (await client.get("/health/ready")).status_code == 503
