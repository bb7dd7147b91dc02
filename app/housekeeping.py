"""What one process of several does for all: sweeping, reconciling, reading what the database knows."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_SECONDS_BETWEEN: Final = 1.0

Begin = Callable[[AsyncExitStack], Awaitable[None]]


@asynccontextmanager
async def in_one_process(folder: Path, begin: Begin) -> AsyncIterator[None]:
    """Enter into a stack what `begin` does, in one process of this host; in another as soon as that one has ended.

    Args:
        folder: the data folder, which is what the processes have in common.
        begin: enters context managers; an error at the first try is raised.
    """
    looked, stop = asyncio.Event(), asyncio.Event()
    keeping = asyncio.create_task(_keep(folder / "locks" / "housekeeping", begin, looked, stop), name="housekeeping")
    looking = asyncio.create_task(looked.wait())
    try:
        await asyncio.wait({keeping, looking}, return_when=asyncio.FIRST_COMPLETED)
        if not keeping.done():
            yield
    finally:
        looking.cancel()
        stop.set()
        await keeping


async def _keep(path: Path, begin: Begin, looked: asyncio.Event, stop: asyncio.Event) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not stop.is_set():
            if _taken(fd):
                await _do(begin, looked, stop)
            looked.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _SECONDS_BETWEEN)
    finally:
        os.close(fd)


async def _do(begin: Begin, looked: asyncio.Event, stop: asyncio.Event) -> None:
    try:
        async with AsyncExitStack() as stack:
            await begin(stack)
            looked.set()
            await stop.wait()
    except Exception:
        if not looked.is_set() or stop.is_set():
            raise
        _log.exception(Event.BACKGROUND_FAILED, task="housekeeping")  # taken over from another; tried again


def _taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system lets go of it however this process ends
    except BlockingIOError:
        return False
    return True
