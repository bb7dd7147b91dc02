"""What is checked, and where healthy ends."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from pathlib import Path
from typing import Final

from app.database.engine import AsyncDatabase
from app.database.schema import WrongSchemaError, check_schema
from app.health.checks import Check, Finding
from app.jobs import workers
from app.jobs.files import JobFiles
from app.jobs.queue import JobQueue

_LOW: Final = 0.10
_CRITICAL: Final = 0.05
_GIB: Final = 2**30


def components(database: AsyncDatabase, queue: JobQueue, files: JobFiles, *, auth_required: bool) -> dict[str, Check]:
    """Return the checks of the API by the part that they ask."""
    checks: dict[str, Check] = {
        "database": lambda: _database(database),
        "queue": lambda: _queue(queue),
        "storage": lambda: asyncio.to_thread(_storage, files.results),
        "disk": lambda: asyncio.to_thread(_disk, files.data),
        "worker": lambda: _workers(database),
    }
    if not auth_required:
        checks["authentication"] = _open_door
    return checks


async def _database(database: AsyncDatabase) -> Finding:
    try:
        await database.read(check_schema)
    except WrongSchemaError as error:
        return Finding("unhealthy", str(error))
    return Finding("healthy", f"{database.engine.dialect.name} answers")


async def _queue(queue: JobQueue) -> Finding:
    await asyncio.to_thread(queue.check)
    return Finding("healthy", "takes jobs")


async def _workers(database: AsyncDatabase) -> Finding:
    alive = await database.read(workers.alive)
    if alive == 0:
        # Jobs wait and nothing is lost: the API stays ready.
        return Finding("degraded", f"no worker in the last {workers.DEAD_AFTER.total_seconds():g} s; jobs wait")
    return Finding("healthy", f"{alive} alive")


async def _open_door() -> Finding:
    return Finding("degraded", "PLAINVIEW_AUTH_REQUIRED=false: everyone is administrator")


def _storage(folder: Path) -> Finding:
    probe = folder / f".probe-{uuid.uuid4().hex}"
    try:
        probe.write_bytes(b"probe")
    except OSError as error:
        return Finding("unhealthy", f"results cannot be written: {error.strerror}")
    finally:
        probe.unlink(missing_ok=True)
    return Finding("healthy", "results can be written")


def _disk(folder: Path) -> Finding:
    usage = shutil.disk_usage(folder)
    free = usage.free / usage.total
    message = f"{free:.0%} free ({usage.free / _GIB:.1f} GiB)"
    if free < _CRITICAL:
        return Finding("unhealthy", message)
    return Finding("degraded" if free < _LOW else "healthy", message)
