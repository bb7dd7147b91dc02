"""The one thread that reads cards."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from telemetry.catalog import Event
from telemetry.gpu._readings import Card, Facts, Snapshot, State, Xid, XidCount
from telemetry.gpu._source import Source, SourceAbsent, SourceGone
from telemetry.logs import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two readings, before NVML is started again, and before a host without it is looked at again."""

    interval: float = 1.0
    retry: float = 2.0
    longest_retry: float = 30.0
    absent: float = 60.0


class Reader:
    """Reads until it is stopped. A call that hangs holds this thread only; others see the snapshot grow old."""

    def __init__(self, source: Source, pace: Pace, internal_error: Callable[[Exception], None]) -> None:
        self._source = source
        self._pace = pace
        self._internal_error = internal_error
        self._stop = threading.Event()
        self._known: dict[str, Facts] = {}
        self._lost: set[str] = set()
        self._state: State | None = None
        self._xids: dict[tuple[str, int], XidCount] = {}
        self._thread = threading.Thread(target=self._run, name="plainview-gpu", daemon=True)
        self.snapshot: Final = _Published(Snapshot("starting", "the cards have not been read yet"))

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> bool:
        """Stop the thread; False when it did not end in time, because a call to the driver hangs."""
        self._stop.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        retry = self._pace.retry
        while not self._stop.is_set():
            try:
                self._source.open()
                retry = self._pace.retry
                self._read_until_gone()
            except SourceAbsent as error:
                self._unavailable("absent", str(error))
                self._stop.wait(self._pace.absent)
            except SourceGone as error:
                self._unavailable("failed", str(error))
                self._stop.wait(retry)
                retry = min(retry * 2, self._pace.longest_retry)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the readings for good
                self._internal_error(error)
                self._unavailable("failed", f"{type(error).__name__} in the reader")
                self._stop.wait(self._pace.longest_retry)

    def _read_until_gone(self) -> None:
        try:
            while not self._stop.is_set():
                began = time.monotonic()
                cards = self._source.read()
                self._publish(cards, began)
                next_at = began + self._pace.interval
                while not self._stop.is_set() and (left := next_at - time.monotonic()) > 0:
                    self._take_xids(self._source.wait(left, self._stop))
        finally:
            self._source.close()

    def _publish(self, cards: tuple[Card, ...], began: float) -> None:
        now = time.monotonic()
        # A card without facts was never read: it has only a stand-in for a name, which says nothing later.
        self._known.update({card.uuid: card.facts for card in cards if card.facts is not None})
        present = {card.uuid for card in cards}
        vanished = tuple(self._vanished(uuid) for uuid in self._known if uuid not in present)
        every = cards + vanished
        self._log_changes(every)
        self._state = "ok"
        self.snapshot.set(
            Snapshot(
                state="ok",
                cards=every,
                count=self._source.count(),
                read_at=now,
                read_at_unix=time.time(),
                seconds=now - began,
                xids=MappingProxyType(dict(self._xids)),
            )
        )

    def _vanished(self, uuid: str) -> Card:
        # A card that only disappears looks like one that never was: it stays, as lost, while the process lives.
        return Card(uuid, self._known[uuid], lost="no longer listed by NVML")

    def _unavailable(self, state: State, reason: str) -> None:
        if self._stop.is_set():
            return  # stopped while a call hung: what comes of it now is nobody's news
        before = self.snapshot.get()
        cards = tuple(Card(uuid, facts, lost=reason) for uuid, facts in self._known.items())
        if state == "absent" and cards:
            state = "failed"  # there were cards: the driver went away, which is no host without a GPU
        if state != self._state:
            if state == "absent":
                _log.info(Event.GPU_ABSENT, reason=reason)
            else:
                _log.error(Event.GPU_LOST, reason=reason, gpu_uuids=list(self._known))
        self._state = state
        self._lost.update(self._known)
        count = 0 if state == "absent" else None
        self.snapshot.set(replace(before, state=state, reason=reason, cards=cards, count=count))

    def _log_changes(self, cards: tuple[Card, ...]) -> None:
        lost = {card.uuid: card for card in cards if card.lost is not None}
        for card in cards:
            if card.lost is not None and card.uuid not in self._lost:
                _log.error(Event.GPU_LOST, gpu_uuid=card.uuid, model=_model(card), reason=card.lost)
            elif card.lost is None and (card.uuid in self._lost or self._state != "ok"):
                _log.info(Event.GPU_FOUND, gpu_uuid=card.uuid, model=_model(card))
        self._lost = set(lost)

    def _take_xids(self, xids: tuple[Xid, ...]) -> None:
        for xid in xids:
            key = (xid.uuid, xid.code)
            before = self._xids.get(key)
            self._xids[key] = XidCount(before.count + 1 if before else 1, xid.at)
            _log.error(Event.GPU_XID, gpu_uuid=xid.uuid, xid=xid.code)
        if xids:
            self.snapshot.set(replace(self.snapshot.get(), xids=MappingProxyType(dict(self._xids))))


_FORKED: Final = Snapshot("failed", "this process was forked from the one that reads the cards; open them here")


class _Published:
    """The last snapshot; one thread sets it, any may get it or wait for a better one.

    A forked child has the snapshot but neither the thread nor a usable NVML: there it knows nothing.
    """

    def __init__(self, first: Snapshot) -> None:
        self._snapshot = first
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._watcher: Callable[[Snapshot], None] = lambda _snapshot: None

    def watch(self, watcher: Callable[[Snapshot], None]) -> None:
        """Let `watcher` have every snapshot from now on, in the thread that made it; it raises nothing."""
        self._watcher = watcher

    def get(self) -> Snapshot:
        return self._snapshot if os.getpid() == self._pid else _FORKED

    def set(self, snapshot: Snapshot) -> None:
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify_all()
        self._watcher(snapshot)

    def wait_for(self, wanted: Callable[[Snapshot], bool], seconds: float) -> Snapshot:
        """Return the first snapshot that is `wanted`, or the last one when the time is over."""
        if os.getpid() != self._pid:
            return _FORKED  # the lock may have been held by a thread that this process does not have
        with self._changed:
            self._changed.wait_for(lambda: wanted(self._snapshot), seconds)
            return self._snapshot


def _model(card: Card) -> str:
    return card.facts.model if card.facts else ""
