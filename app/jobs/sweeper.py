"""Removes what has outlived its time: results, uploads, drafts of dead runs, records of ended deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from app.background import all_tried, every
from app.clock import rfc3339, utc_now
from app.database.engine import AsyncDatabase, Database
from app.jobs import rows, workers
from app.jobs.files import JobFiles, Stored
from app.jobs.guarded_queue import GuardedQueue
from app.jobs.missing import Inventory
from app.repeats import idempotency
from telemetry import catalog, counted
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_SECONDS_BETWEEN: Final = 60.0
#: Older than any upload or run takes, so that what is being written is never an orphan.
_ORPHAN_AFTER: Final = timedelta(hours=2)
# To find them everything that is stored is listed, which an object store charges for.
_PASSES_BETWEEN_ORPHANS: Final = 10
_SWEPT: Final = {kind: counted(catalog.SWEPT, kind=kind) for kind in catalog.SWEPT.values["kind"]}
_DELIVERY_KEPT: Final = timedelta(hours=1)
_WORKER_KEPT: Final = timedelta(days=1)


class Sweeper:
    """One pass over files and records."""

    def __init__(self, database: AsyncDatabase, queue: GuardedQueue, files: JobFiles, result_ttl: timedelta) -> None:
        self._passes = 0
        self._database = database
        self._queue = queue
        self._files = files
        self._result_ttl = result_ttl
        self._inventory = Inventory(database, files, result_ttl)

    async def run(self) -> None:
        """Make one pass; what fails does not keep the rest from being swept.

        Raises:
            ExceptionGroup: what failed, once all was tried.
        """
        swept: dict[str, int] = {}

        async def sweep(name: str, step: Callable[[], Awaitable[int]]) -> None:
            swept[name] = await step()

        steps = {
            "expired": self._remove_expired,
            "orphans": self._remove_orphans,
            "workers": self._forget_workers,
            "deliveries": self._forget_deliveries,
            "idempotency": self._forget_idempotency,
            "missing": self._inventory.look,
        }
        try:
            await all_tried(*(partial(sweep, name, step) for name, step in steps.items()))
        finally:
            for kind, counter in _SWEPT.items():
                counter.add(swept.get(kind, 0))
            if swept.get("expired") or swept.get("orphans"):
                _log.info(Event.FILES_SWEPT, **swept)

    async def _remove_expired(self) -> int:
        failed: list[OSError] = []
        removed: list[str] = []
        for job_id, result_name in await self._database.read(rows.expired, self._result_ttl):
            try:
                await asyncio.to_thread(self._files.remove, job_id, result_name)
                removed.append(job_id)
            except OSError as error:
                failed.append(error)
        if removed:
            await self._database.write(rows.mark_removed, removed)
        if failed:
            raise ExceptionGroup("some files could not be removed", failed)
        return len(removed)

    async def _forget_workers(self) -> int:
        return await self._database.write(workers.forget, _WORKER_KEPT)

    async def _forget_deliveries(self) -> int:
        return await self._queue.forget_finished(rfc3339(utc_now() - _DELIVERY_KEPT))

    async def _forget_idempotency(self) -> int:
        return await self._database.write(idempotency.forget)

    async def _remove_orphans(self) -> int:
        self._passes += 1
        if self._passes % _PASSES_BETWEEN_ORPHANS != 1:
            return 0
        old = await asyncio.to_thread(self._files.old, _ORPHAN_AFTER)
        orphans = await self._database.read(orphans_among, old)
        for stored in orphans:
            await asyncio.to_thread(self._files.discard, stored)
        return len(orphans)


def sweep_host(database: Database, files: JobFiles) -> None:
    """Remove what dead runs left on a host that may have no API: at the start of a worker, for each death has one after it."""
    for stored in database.read(orphans_among, files.left_here(_ORPHAN_AFTER)):
        files.discard(stored)


def orphans_among(connection: Connection, old: Sequence[Stored]) -> list[Stored]:
    """Return what no job has any more."""
    jobs = rows.with_files(connection, sorted({stored.job_id for stored in old}))
    results = rows.with_results(connection, sorted({each.result_name for each in old if each.result_name is not None}))
    return [stored for stored in old if not _is_kept(stored, jobs, results)]


def _is_kept(stored: Stored, jobs: Collection[str], results: Collection[str]) -> bool:
    if stored.is_draft:
        return False
    return stored.job_id in jobs if stored.result_name is None else stored.result_name in results


@asynccontextmanager
async def sweeping(
    database: AsyncDatabase, queue: GuardedQueue, files: JobFiles, result_ttl: timedelta
) -> AsyncIterator[None]:
    """Sweep once a minute while the block lasts."""
    async with every(_SECONDS_BETWEEN, Sweeper(database, queue, files, result_ttl).run, name="sweep files"):
        yield
