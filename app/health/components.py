"""What is checked, and where healthy ends."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.database.engine import AsyncDatabase
from app.database.schema import WrongSchemaError, check_schema
from app.health.export import ExportCheck
from app.health.findings import Check, Finding
from app.health.memory import check_memory
from app.health.seldom import Seldom
from app.health.threads import InThread
from app.jobs import workers
from app.jobs.files import JobFiles, StorageAwayError
from app.jobs.guarded_queue import GuardedQueue
from app.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from telemetry import Telemetry

_LOW: Final = 0.10
_CRITICAL: Final = 0.05
_GIB: Final = 2**30


def components(  # noqa: PLR0913, PLR0917 - what is asked
    settings: Settings,
    telemetry: Telemetry,
    database: AsyncDatabase,
    queue: GuardedQueue,
    files: JobFiles,
    redis: Redis | None,
) -> dict[str, Check]:
    """Return the checks of the API by the part that they ask."""
    checks: dict[str, Check] = {
        "database": lambda: _database(database),
        "queue": lambda: _queue(queue),
        "storage": Seldom(InThread(lambda: _storage(files)), files.good_seconds),
        "disk": InThread(lambda: _disk(files.data)),
        "memory": InThread(check_memory),
        "redis": lambda: _redis(redis, settings),
        "worker": lambda: _workers(database),
        "gpu": lambda: _gpus(database),
        "telemetry": ExportCheck(telemetry),
    }
    if not settings.auth_required:
        checks["authentication"] = _open_door
    return checks


async def _database(database: AsyncDatabase) -> Finding:
    try:
        await database.read(check_schema)
    except WrongSchemaError as error:
        return Finding("unhealthy", str(error))
    return Finding("healthy", "answers")


async def _queue(queue: GuardedQueue) -> Finding:
    await queue.check()
    return Finding("healthy", "takes jobs")


async def _workers(database: AsyncDatabase) -> Finding:
    alive = await database.read(workers.alive)
    if alive == 0:
        # Jobs wait and nothing is lost: the API stays ready.
        return Finding("degraded", f"no worker in the last {workers.DEAD_AFTER.total_seconds():g} s; jobs wait")
    return Finding("healthy", f"{alive} alive")


async def _gpus(database: AsyncDatabase) -> Finding:
    devices = await database.read(workers.devices)
    cards = sum(device != "cpu" for device in devices)
    if cards:
        return Finding("healthy", f"{cards} of {len(devices)} workers have a card")
    if devices:
        return Finding("healthy", "no worker has a card; jobs run on the CPU")
    return Finding("degraded", "no worker tells of one")


async def _redis(redis: Redis | None, settings: Settings) -> Finding:
    if redis is None:
        alone = settings.processes == 1 and settings.database.get_backend_name() == "sqlite"
        if alone:
            return Finding("healthy", "not needed: the only process keeps limits and caches in memory")
        return Finding("degraded", "none is set: each process counts limits for itself")
    from redis.exceptions import RedisError  # noqa: PLC0415 - what a service without Redis does not load

    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        return Finding("degraded", "does not answer: each process counts limits for itself", type(error).__name__)
    return Finding("healthy", "answers")


async def _open_door() -> Finding:
    return Finding("degraded", "PLAINVIEW_AUTH_REQUIRED=false: everyone is administrator")


def _storage(files: JobFiles) -> Finding:
    probe = files.results / f".probe-{uuid.uuid4().hex}"
    try:
        probe.write_bytes(b"probe")
    except OSError as error:
        return Finding("unhealthy", f"results cannot be written: {error.strerror}")
    finally:
        probe.unlink(missing_ok=True)
    try:
        files.check()
    except StorageAwayError as error:
        return Finding("unhealthy", str(error.strerror))
    return Finding("healthy", "results can be written")


def _disk(folder: Path) -> Finding:
    usage = shutil.disk_usage(folder)
    free = usage.free / usage.total
    message = f"{free:.0%} free ({usage.free / _GIB:.1f} GiB)"
    if free < _CRITICAL:
        return Finding("unhealthy", message)
    return Finding("degraded" if free < _LOW else "healthy", message)
