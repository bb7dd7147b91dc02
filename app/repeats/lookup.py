"""Looks whether the result of an identical job is still there, and counts how often that spares a generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.breakers import Breaker, BreakerOpen
from app.database.engine import AsyncDatabase
from app.jobs.acceptance import Sharing, Terms
from app.jobs.files import JobFiles
from app.jobs.missing import note_missing
from app.repeats import generations
from telemetry.meters import CacheMeter

if TYPE_CHECKING:
    from telemetry import Telemetry

_CACHE: Final = "generations"


class Repeats:
    """The cache of generations, which is the table of jobs and the stored results. Lives as long as the app."""

    def __init__(self, database: AsyncDatabase, files: JobFiles, storage: Breaker, telemetry: Telemetry) -> None:
        self._database = database
        self._files = files
        self._storage = storage
        self._meter = CacheMeter(_CACHE, telemetry=telemetry)

    async def answer(self, terms: Terms, customer: str) -> bool:
        """Return whether a stored result may be handed out; one that is gone is noted first.

        False while the results cannot be reached: then the job runs as if there were no other.
        """
        if not terms.may_look:
            return False
        try:
            with self._meter.operation("get"):
                found = await self._database.read(generations.finished, terms.inputs, terms.whose(customer), terms.kept)
                if found is not None and not await self._is_there(found.result_name):
                    await note_missing(self._database, [found.result_name], terms.kept)
        except (OSError, BreakerOpen):
            return False
        return True

    async def _is_there(self, result_name: str) -> bool:
        async with self._storage.call():
            return await self._files.source(result_name) is not None

    def count(self, sharing: Sharing) -> None:
        """Count what became of the look for an identical generation."""
        if sharing in {"hit", "joined"}:
            self._meter.hit()
        elif sharing == "miss":
            self._meter.miss()
