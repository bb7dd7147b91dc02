"""`drill error-rate`: the database loses the table that requests need, while requests keep coming."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from stack.drill.scenario import Fault
from stack.drill.stand import Stand
from stack.drill.traffic import Traffic, flowing

# The rule looks at shares, so few failing requests and many good ones afterwards end the alert soonest.
_CALM_RATE: Final = 10.0
_FAULT_RATE: Final = 4.0
_MENDED_RATE: Final = 40.0
_CALM_REQUESTS: Final = 30


class ErrorRate:
    """Server errors for every request, by a database that lacks a table."""

    name = "error-rate"
    alert = "ApiErrorRateHigh"
    story = "Takes the table `job` out of the service's database: every request then fails with a real 5xx."

    variables: Final[Mapping[str, str]] = MappingProxyType({})

    @asynccontextmanager
    async def prepare(self, stand: Stand) -> AsyncIterator[Fault]:
        async with stand.serving({}), flowing(stand, _CALM_RATE) as traffic:
            await traffic.until("answered", _CALM_REQUESTS)
            yield _TableGone(stand.database, traffic)


@dataclass(frozen=True)
class _TableGone:
    database: Path
    traffic: Traffic

    async def begin(self) -> str:
        await asyncio.to_thread(_execute, self.database, "ALTER TABLE job RENAME TO job_of_the_drill")
        self.traffic.rate = _FAULT_RATE
        await self.traffic.until("failed", 1)
        return "table `job` taken away; requests answer 5xx"

    async def mend(self) -> str:
        await asyncio.to_thread(_execute, self.database, "ALTER TABLE job_of_the_drill RENAME TO job")
        self.traffic.rate = _MENDED_RATE
        await self.traffic.until("answered", 1)
        return f"table is back; {self.traffic.answers['failed']} requests failed, now they are answered"


def _execute(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.execute(statement)
        connection.commit()
