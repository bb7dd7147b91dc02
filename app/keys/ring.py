"""Keys as requests meet them: looked up once every two seconds at most, their use noted in batches."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from app.background import every
from app.clock import utc_now
from app.database.engine import AsyncDatabase
from app.keys import rows
from app.keys.key import Key
from app.keys.secret import Secret
from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.meters import CacheMeter

_log = get_logger(__name__)
_FRESH_SECONDS: Final = 2.0  # how long a revoked key may still open the door
_MOST: Final = 10_000
_NOTE_SECONDS: Final = 5.0
_OUTCOMES: Final = ("accepted", "missing", "malformed", "unknown", "revoked", "expired")


class KeyRing:
    """Finds keys by their secrets; keeps what it found for two seconds. Lives as long as the app."""

    def __init__(self, database: AsyncDatabase, attempts: Counter, *, required: bool) -> None:
        self.required = required
        self.attempts = attempts
        self._database = database
        self._found: dict[str, tuple[float, Key]] = {}
        self._uses: dict[str, datetime] = {}
        self._meter = CacheMeter("keys", entries=lambda: len(self._found))

    async def find(self, secret: Secret) -> Key | None:
        """Return the key that `secret` opens, revoked or not; None when there is none."""
        cached = self._found.get(secret.hash)
        is_fresh = cached is not None and cached[0] > time.monotonic()
        self._meter.found(is_fresh)
        if cached is not None and is_fresh:
            return cached[1]
        key = await self._database.read(rows.by_secret, secret)
        if key is not None:
            if len(self._found) >= _MOST:
                self._meter.evicted(len(self._found))
                self._found.clear()
            self._found[secret.hash] = (time.monotonic() + _FRESH_SECONDS, key)
        return key

    def forget(self, key: Key) -> None:
        """Drop what is kept about `key`, so that its revocation counts at once in this process."""
        self._found = {digest: kept for digest, kept in self._found.items() if kept[1].id != key.id}

    def note_use(self, key: Key) -> None:
        """Remember that `key` was used now; written with the next batch."""
        self._uses[key.id] = utc_now()

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


@asynccontextmanager
async def open_ring(database: AsyncDatabase, attempts: Counter, *, required: bool) -> AsyncIterator[KeyRing]:
    """Give the ring; notes uses while it is open and once more on leaving."""
    for outcome in _OUTCOMES:  # exported from the start, so that the first attempt is a rise
        attempts.labels(outcome=outcome)
    ring = KeyRing(database, attempts, required=required)
    async with every(_NOTE_SECONDS, ring.write_uses, name="note key uses"):
        yield ring
    await ring.write_uses()
