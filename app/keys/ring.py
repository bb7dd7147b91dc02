"""Keys as requests meet them: looked up once every second and a half at most, their use noted in batches."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from app.background import every
from app.database.engine import AsyncDatabase
from app.keys import rows
from app.keys.key import Key
from app.keys.lookup import Clock, Found, KeyLookup
from app.keys.secret import Secret
from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.meters import CacheMeter

_log = get_logger(__name__)
#: How old an answer may be, counted from before the question: with a margin for what a change is promised to take, 2 s.
FRESH_SECONDS: Final = 1.5
_MOST: Final = 10_000
_NOTE_SECONDS: Final = 5.0
_OUTCOMES: Final = ("accepted", "missing", "malformed", "unknown", "revoked", "expired")


class KeyRing:
    """Finds keys by their secrets and keeps the answers for a moment, that there is no such key too. Lives as long as the app.

    The answers are kept by hash: no secret stays in memory. Strangers have a place of their own, so that a flood of made-up
    keys drives out no key that exists.
    """

    def __init__(
        self, database: AsyncDatabase, attempts: Counter, *, required: bool, clock: Clock = time.monotonic
    ) -> None:
        self.required = required
        self.attempts = attempts
        self._database = database
        self._clock = clock
        self._lookup = KeyLookup(database, clock)
        self._keys: dict[str, Found] = {}
        self._strangers: dict[str, Found] = {}
        self._uses: dict[str, datetime] = {}
        self._forgot_at = float("-inf")
        self._meter = CacheMeter("keys", entries=lambda: len(self._keys) + len(self._strangers))

    async def find(self, secret: Secret) -> Found:
        """Return the key that `secret` opens, revoked or not, as the database knew it 1.5 seconds ago at most."""
        hashed = secret.hash
        kept = self._keys.get(hashed) or self._strangers.get(hashed)
        is_fresh = kept is not None and kept.age < FRESH_SECONDS
        self._meter.found(is_fresh)
        if kept is not None and is_fresh:
            return kept
        found = await self._lookup.find(secret)
        if found.asked_at > self._forgot_at:  # else it may be what was to be forgotten
            self._keep(self._strangers if found.key is None else self._keys, hashed, found)
        return found

    def forget(self, key_id: str) -> None:
        """Drop what is kept about a key, so that its change counts at once in this process."""
        self._forgot_at = self._clock()
        self._keys = {hashed: kept for hashed, kept in self._keys.items() if kept.key and kept.key.id != key_id}

    def note_use(self, key: Key, moment: datetime) -> None:
        """Remember that `key` was used at `moment`; written with the next batch."""
        self._uses[key.id] = moment

    async def write_uses(self) -> None:
        """Write the uses noted since the last call."""
        uses, self._uses = self._uses, {}
        if not uses:
            return
        try:
            await self._database.write(rows.used, uses)
        except SQLAlchemyError as error:
            self._uses = uses | self._uses
            _log.warning(Event.KEY_USE_NOT_NOTED, error_type=type(error).__name__)

    async def end(self) -> None:
        """Write the last uses."""
        await self._lookup.end()
        await self.write_uses()

    def _keep(self, kept: dict[str, Found], hashed: str, found: Found) -> None:
        kept.pop(hashed, None)  # the oldest stay in front
        if len(kept) >= _MOST:
            self._meter.evicted()
            del kept[next(iter(kept))]
        kept[hashed] = found


@asynccontextmanager
async def open_ring(database: AsyncDatabase, attempts: Counter, *, required: bool) -> AsyncIterator[KeyRing]:
    """Give the ring; notes uses while it is open and once more on leaving."""
    for outcome in _OUTCOMES:  # exported from the start, so that the first attempt is a rise
        attempts.labels(outcome=outcome)
    ring = KeyRing(database, attempts, required=required)
    async with every(_NOTE_SECONDS, ring.write_uses, name="note key uses"):
        yield ring
    await ring.end()
