"""Finished spans that wait for export: bounded, and each one accounted for once."""

import threading
from collections.abc import Callable, Sequence
from typing import Final, Literal

from telemetry.traces._encode import EncodedSpan

#: What an encoded span occupies besides its message: the tuple, the header of the bytes, its place in the queue.
_OVERHEAD: Final = 140


class SpanQueue:
    """Holds at most `most` spans of together at most `most_bytes`, those on their way included.

    The lock is never held for longer than it takes to append to a list, as requests wait for it; it may be taken twice
    by one thread, since the garbage collector or a signal can end a span in the midst of an `offer`.
    """

    def __init__(self, most: int, most_bytes: int, batch: int) -> None:
        self.ready = threading.Event()
        self._most = most
        self._most_bytes = most_bytes
        self._batch = batch
        self._settled = threading.Condition(threading.RLock())
        self._new: list[EncodedSpan] = []
        self._held = 0
        self._let_go = 0
        self._bytes = 0
        self._state: Literal["open", "stopped", "abandoned"] = "open"

    def __len__(self) -> int:
        return self._held

    @property
    def full(self) -> bool:
        return self._held >= self._most or self._bytes >= self._most_bytes

    @property
    def stopped(self) -> bool:
        return self._state != "open"

    def offer(self, span: EncodedSpan) -> Literal["queue_full", "shutdown"] | None:
        """Take a span, or return why not; `ready` is set as soon as a batch waits."""
        with self._settled:
            if self.stopped:
                return "shutdown"
            if self.full:
                return "queue_full"
            self._new.append(span)
            self._held += 1
            self._bytes += len(span.message) + _OVERHEAD
            batch_waits = len(self._new) == self._batch
        if batch_waits:
            self.ready.set()
        return None

    def take(self) -> list[EncodedSpan]:
        """Return what was offered since the last call; it is held until it is settled."""
        with self._settled:
            taken, self._new = self._new, []
            return taken

    def settle(self, spans: Sequence[EncodedSpan], count: Callable[[], None]) -> bool:
        """Let go of `spans`, whose fate is known, and `count` it; False when they were abandoned before."""
        size = sum(len(span.message) + _OVERHEAD for span in spans)
        with self._settled:
            if self._state == "abandoned":
                return False
            self._held -= len(spans)
            self._let_go += len(spans)
            self._bytes = self._bytes - size if self._held else 0
            count()
            self._settled.notify_all()
            return True

    def wait(self, seconds: float) -> bool:
        """Wait until all that was taken before this call is settled, or abandoned; False when that takes longer."""
        with self._settled:
            until = self._let_go + self._held
            return self._settled.wait_for(lambda: self._let_go >= until, seconds)

    def stop(self) -> None:
        """Take no more spans."""
        with self._settled:
            if self._state == "open":
                self._state = "stopped"
        self.ready.set()

    def abandon(self) -> int:
        """Let go of all that is held, and return how many spans that were."""
        with self._settled:
            left, self._held, self._bytes, self._new = self._held, 0, 0, []
            self._let_go += left
            self._state = "abandoned"
            self._settled.notify_all()
        self.ready.set()
        return left
