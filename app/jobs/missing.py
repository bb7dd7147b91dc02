"""Notices results that are not where they should be, a few at each look, so that nobody is promised what is not there."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from app.database.engine import AsyncDatabase
from app.jobs import rows
from app.jobs.files import JobFiles
from app.pagination import Place
from telemetry import catalog, counted
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
# An object store charges for each question.
_AT_A_LOOK: Final = 200
_MOST_TOLD: Final = 10
_MISSING: Final = counted(catalog.JOB_RESULTS_MISSING)


class Inventory:
    """Goes through the results that are kept, round and round. Lives as long as the sweeper.

    Nothing is removed for a result's being away: a folder that is not mounted looks the same, and comes back.
    """

    def __init__(
        self, database: AsyncDatabase, files: JobFiles, result_ttl: timedelta, at_a_look: int = _AT_A_LOOK
    ) -> None:
        self._database = database
        self._files = files
        self._result_ttl = result_ttl
        self._at_a_look = at_a_look
        self._after: Place | None = None
        _MISSING.add(0)

    async def look(self) -> int:
        """Look at the next few and return how many are newly missing."""
        kept = await self._database.read(rows.kept_results, self._result_ttl, self._after, self._at_a_look)
        self._after = kept[-1].place if len(kept) == self._at_a_look else None
        known = {each.name: each.is_missing for each in kept}
        there = {name: await self._files.source(name) is not None for name in known}
        lost = [name for name, is_missing in known.items() if not is_missing and not there[name]]
        back = [name for name, is_missing in known.items() if is_missing and there[name]]
        if back:
            await self._database.write(rows.mark_found, back)
            _log.info(Event.RESULTS_FOUND, results=back[:_MOST_TOLD], count=len(back))
        return await note_missing(self._database, lost, self._result_ttl)


async def note_missing(database: AsyncDatabase, names: list[str], kept: timedelta) -> int:
    """Note which of these results, kept for that long, are away too early; return how many were not known to be."""
    noted = await database.write(rows.mark_missing, names, kept) if names else []
    if noted:
        _MISSING.add(len(noted))
        _log.error(Event.RESULTS_MISSING, results=noted[:_MOST_TOLD], count=len(noted))
    return len(noted)
