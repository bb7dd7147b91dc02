"""The open rows of one device, filled as time passes."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from app.clock import utc_now
from app.ledger.entry import BookedPrice, Entry, Held, quarter
from app.ledger.timeline import NANO, Kind, Timeline, Unheld

if TYPE_CHECKING:
    from telemetry.gpu import Device


class Book:
    """Keeps one device's rows; lives as long as the worker. Safe in threads.

    Args:
        device: what is held.
        price: what the device costs; stays what it is, as a row says one price.
        began: when the device began to be paid for, by `monotonic`; now unless given.
        monotonic: nanoseconds of a clock that never steps: durations.
        wall: the time of day: which day a row belongs to.
    """

    def __init__(
        self,
        device: Device,
        price: BookedPrice,
        *,
        began: int | None = None,
        monotonic: Callable[[], int] = time.monotonic_ns,
        wall: Callable[[], datetime] = utc_now,
    ) -> None:
        self.device = device
        self.price = price
        self._monotonic = monotonic
        self._wall = wall
        self._incarnation = uuid.uuid4().hex
        self._written = 0
        self._lock = threading.Lock()
        now = monotonic()
        self._timeline = Timeline(now if began is None else began, price.nanousd)
        self._since = wall() - timedelta(microseconds=0 if began is None else (now - began) // 1000)
        self._kinds: dict[Held, Kind] = {}
        self._open: dict[Hashable, Entry] = {}
        self._of_run: dict[Held, list[Entry]] = {}
        self._changed: dict[str, Entry] = {}
        self._totals: dict[Held, tuple[int, int | None]] = {}
        self._idle_since: int | None = None

    def ready(self) -> None:
        """The device can be held from now on: time that nobody holds it is idle, no longer overhead."""
        self._unheld_as("idle")

    def draining(self) -> None:
        """The device is given up: time that nobody holds it is overhead again."""
        self._unheld_as("overhead")

    def begin(self, held: Held, kind: Kind) -> None:
        """Book time for a run from now on."""
        with self._lock:
            self._timeline.enter(held, self._monotonic())
            self._kinds[held] = kind
            self._of_run[held] = []
            self._totals[held] = (0, 0 if self.price.nanousd is not None else None)

    def idle_seconds(self) -> float:
        """Return how long nobody has held the device that could be held; 0 while somebody does, or nobody can."""
        with self._lock:
            if self._totals or self._idle_since is None:
                return 0.0
            return max(0, self._monotonic() - self._idle_since) / NANO

    def so_far(self, held: Held) -> tuple[int, int | None]:
        """Return nanoseconds and nano-dollars of a run until now."""
        with self._lock:
            self._take()
            return self._totals[held]

    def end(
        self, held: Held, kind: Kind, joules: float | None = None, joules_source: str | None = None
    ) -> tuple[int, int | None]:
        """End a run and return its nanoseconds and nano-dollars; `kind` is what it turned out to be, in all its rows."""
        with self._lock:
            self._timeline.leave(held, self._monotonic())
            self._take()
            entries = self._of_run.pop(held)
            for entry in entries:
                entry.kind = kind
                self._changed[entry.id] = entry
            if entries:
                entries[-1].joules, entries[-1].joules_source = joules, joules_source
            self._open.pop(held, None)
            del self._kinds[held]
            if self._idle_since is not None:
                self._idle_since = self._monotonic()
            return self._totals.pop(held)

    def changed(self) -> list[Entry]:
        """Return the rows that changed since the last call, whole: writing one twice changes nothing."""
        with self._lock:
            self._take()
            changed, self._changed = self._changed, {}
            return [replace(entry) for entry in changed.values()]

    def again(self, entries: list[Entry]) -> None:
        """Take rows back that could not be written, unless they changed meanwhile."""
        with self._lock:
            self._changed = {entry.id: entry for entry in entries} | self._changed

    def _unheld_as(self, kind: Unheld) -> None:
        with self._lock:
            self._timeline.unheld_as(kind, self._monotonic())
            self._idle_since = self._monotonic() if kind == "idle" else None

    def _take(self) -> None:
        """Put what passed since the last time into rows; what began in a quarter that is over closes its row."""
        moment = self._wall()
        for portion in self._timeline.portions(self._monotonic()):
            entry = self._entry(portion.holder, moment)
            entry.nanoseconds += portion.nanoseconds
            entry.nanousd = None if portion.nanousd is None else (entry.nanousd or 0) + portion.nanousd
            entry.ended_at = max(entry.ended_at, moment)
            self._changed[entry.id] = entry
            if entry.held in self._totals:
                nanoseconds, nanousd = self._totals[entry.held]
                spent = None if nanousd is None or portion.nanousd is None else nanousd + portion.nanousd
                self._totals[entry.held] = (nanoseconds + portion.nanoseconds, spent)
        self._since = moment

    def _entry(self, holder: Hashable, moment: datetime) -> Entry:
        entry = self._open.get(holder)
        if entry is not None and quarter(entry.started_at) == quarter(moment):
            return entry
        self._written += 1
        held = holder if isinstance(holder, Held) else None
        kind = cast("Kind", holder) if held is None else self._kinds[held]
        # From the last look on, unless that was in another quarter: then the seconds between stand in this one.
        began = min(self._since, moment) if quarter(self._since) == quarter(moment) else moment
        entry = Entry(f"{self._incarnation}:{self._written}", kind, held, began, moment)
        self._open[holder] = entry
        if held is not None:
            self._of_run[held].append(entry)
        return entry
