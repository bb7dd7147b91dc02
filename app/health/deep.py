"""Checks that really write, read and delete: dear, so an administrator asks for them, and not again within ten seconds."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, insert, select

from app.database.engine import AsyncDatabase
from app.database.tables import probe
from app.database.times import now
from app.health.findings import Check, Finding
from app.health.threads import InThread
from app.jobs.files import JobFiles
from app.jobs.guarded_queue import GuardedQueue

if TYPE_CHECKING:
    from redis.asyncio import Redis

_SIZE: Final = 64 * 1024
_SECONDS: Final = 10
#: How long an answer is given again.
DEEP_SECONDS: Final = 10.0


def deep_checks(database: AsyncDatabase, queue: GuardedQueue, files: JobFiles, redis: Redis | None) -> dict[str, Check]:
    """Return the checks by the part that they ask."""

    async def in_database() -> Finding:
        await database.write(_row)
        return Finding("healthy", "a row was written, read and deleted")

    checks: dict[str, Check] = {
        "database": in_database,
        "queue": lambda: _message(queue),
        "storage": InThread(lambda: _file(files)),
        "gpu": InThread(_cards),
    }
    if redis is not None:
        checks["redis"] = lambda: _value(redis)
    return checks


def _row(connection: Connection) -> None:
    name = uuid.uuid4().hex
    connection.execute(insert(probe).values(id=name, written_at=now(connection)))
    if connection.execute(select(probe.c.id).where(probe.c.id == name)).scalar_one_or_none() != name:
        raise RuntimeError("what was written was not read")
    connection.execute(delete(probe).where(probe.c.id == name))


async def _message(queue: GuardedQueue) -> Finding:
    await queue.round_trip(f"probe-{uuid.uuid4().hex}")
    return Finding("healthy", "a message was put in, found and taken out")


def _file(files: JobFiles) -> Finding:
    content = os.urandom(_SIZE)
    if files.round_trip(content) != content:
        return Finding("unhealthy", "what was read is not what was written")
    return Finding("healthy", "a file was written, read and deleted")


async def _value(redis: Redis) -> Finding:
    from redis.exceptions import RedisError  # noqa: PLC0415 - what a service without Redis does not load

    name = f"plainview:probe:{uuid.uuid4().hex}"
    try:
        await redis.set(name, name, ex=_SECONDS)
        read = await redis.get(name)
        await redis.delete(name)
    except (RedisError, OSError) as error:
        return Finding("degraded", "does not answer", type(error).__name__)
    if read != name.encode():
        return Finding("degraded", "what was read is not what was written")
    return Finding("healthy", "a value was written, read and deleted")


def _cards() -> Finding:
    import pynvml  # noqa: PLC0415 - asked for here alone

    try:
        pynvml.nvmlInit()
    except (pynvml.NVMLError_LibraryNotFound, pynvml.NVMLError_DriverNotLoaded):
        return Finding("healthy", "this host has no GPU driver")
    except pynvml.NVMLError as error:
        return Finding("degraded", "the driver does not answer", str(error))
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        for handle in handles:
            pynvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError as error:
        return Finding("degraded", "a card does not answer", str(error))
    finally:
        pynvml.nvmlShutdown()
    return Finding("healthy", f"{len(handles)} cards answer")
