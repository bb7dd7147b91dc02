"""One line in the log when a day of the configured time zone is over: by one node, once, also after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from app.background import every
from app.budgets import rows as budgets
from app.budgets.budget import Budgets, of_settings
from app.database.engine import AsyncDatabase
from app.database.times import now
from app.ledger import day
from app.ledger.calendar import Span
from app.settings import Settings
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_SECONDS_BETWEEN: Final = 30.0


class DaySummaries:
    """Looks whether a day ended that nobody told of. Of several that ended while all nodes were down, the last is told.

    The day is noted as told before the line is written: killed between the two, a node leaves a day without its line,
    which `GET /usage` still has; no day is told twice.
    """

    def __init__(
        self, database: AsyncDatabase, settings: Settings, clock: Callable[[Connection], datetime] = now
    ) -> None:
        self._database = database
        self._zone = settings.zone
        self._tariff = settings.tariff
        self._of_settings = of_settings(settings)
        self._clock = clock
        self._told: str | None = None

    async def look(self) -> None:
        """Write the line if it is time to."""
        ended = day.last_day(await self._database.read(self._clock), self._zone)
        name = day.name_of(ended, self._zone)
        if name == self._told:
            return
        line = await self._database.write(self._tell, ended)
        self._told = name
        if line is not None:
            _log.info(Event.DAY_SUMMARY, **line)

    def _tell(self, connection: Connection, ended: Span) -> dict[str, Any] | None:
        if not day.claim(connection, ended, self._zone, self._clock(connection)):
            return None
        budget = Budgets(self._of_settings, budgets.every(connection)).service("day")
        return day.summary(connection, ended, self._zone, self._tariff, None if budget is None else budget.limit)


@asynccontextmanager
async def day_summaries(database: AsyncDatabase, settings: Settings) -> AsyncIterator[None]:
    """Tell of each day that ends while the block lasts."""
    async with every(_SECONDS_BETWEEN, DaySummaries(database, settings).look, name="sum up the day"):
        yield
