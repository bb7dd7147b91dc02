"""A device whose workers start, run jobs, are killed and start again, on clocks that a test turns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from app.database.engine import Database
from app.ledger.book import Book
from app.ledger.entry import BookedPrice, Held
from app.ledger.keeping import FLUSH, Keeper
from app.ledger.timeline import NANO, Kind
from telemetry import Telemetry
from telemetry.gpu import Device
from tests.app.ledger.test_book import Clocks

FLUSH_NS: Final = round(FLUSH.total_seconds() * NANO)
#: The longest that nothing is looked at: how late a write may begin.
TICK: Final = NANO // 10
CUSTOMERS: Final = ("acme", "beta", "gamma")
_MOST_AT_ONCE: Final = 3
_ENDS: Final[tuple[Kind | None, ...]] = (None, None, None, "failed", "cancelled")


@dataclass
class Life:
    """One worker, from its start to its end: the account that the ledger is compared with, kept without it."""

    began: int
    ended: int
    written: int
    was_killed: bool = False
    held: list[tuple[int, int]] = field(default_factory=list)

    def busy(self) -> int:
        """Return how long at least one run held the device, up to the last write."""
        busy, covered = 0, self.began
        for start, end in sorted(self.held):
            busy += max(0, min(end, self.written) - max(start, covered))
            covered = max(covered, min(end, self.written))
        return busy


class Machine:
    """One device and its workers, one after the other.

    Attributes:
        lives: what a watch beside the machine would show.
    """

    def __init__(
        self, device: Device, price: BookedPrice, clocks: Clocks, seed: int, database: Database, telemetry: Telemetry
    ) -> None:
        self.device, self.price, self.clocks = device, price, clocks
        self.lives: list[Life] = []
        self.interrupted: dict[str, int] = {}
        self._fate = Random(seed)  # noqa: S311 - a schedule, no secret
        self._keeper_of: Callable[[Book], Keeper] = lambda book: Keeper(database, device.name, book, telemetry)
        self._running: dict[Held, tuple[int, int]] = {}
        self._jobs = 0
        self._start()

    def until(self, nanoseconds: int) -> None:
        """Let time pass: what is due happens at the first look after it is due."""
        while self.clocks.nanoseconds < nanoseconds:
            self.clocks.passes(self._fate.randint(1, TICK) / NANO)
            self._look()

    def turn_off(self) -> None:
        """End the worker in order: its runs first, its book last."""
        for held in [*self._running]:
            self._end(held)
        self._flush()
        self.lives[-1].ended = self.clocks.nanoseconds

    def _look(self) -> None:
        now = self.clocks.nanoseconds
        if now >= self._dies_at:
            self._die()
            return
        if self._ready_at is not None and now >= self._ready_at:
            self._ready_at = None
            self._keeper.book.ready()
        for held, (_, ends_at) in [*self._running.items()]:
            if now >= ends_at:
                self._end(held)
        if self._ready_at is None and now >= self._next_job_at and len(self._running) < _MOST_AT_ONCE:
            self._begin()
        if now >= self._flush_at:
            self._flush()

    def _start(self) -> None:
        now = self.clocks.nanoseconds
        book = Book(self.device, self.price, monotonic=lambda: self.clocks.nanoseconds, wall=lambda: self.clocks.wall)
        self._keeper = self._keeper_of(book)
        self.lives.append(Life(now, now, now))
        self._ready_at: int | None = self._after(10)
        self._next_job_at = self._after(20)
        self._flush_at = now + FLUSH_NS
        self._dies_at = self._after(900)

    def _die(self) -> None:
        life = self.lives[-1]
        life.was_killed = self._fate.random() < 0.7
        if life.was_killed:
            life.ended = self.clocks.nanoseconds
            for held, (began, _) in self._running.items():
                life.held.append((began, life.ended))
                self.interrupted[held.job_id] = held.attempt
            self._running.clear()
        else:
            self._keeper.book.draining()
            self.clocks.passes(self._fate.random())
            self.turn_off()
        self.clocks.passes(self._fate.uniform(0, 5))  # nobody pays for the time between two workers
        self._start()

    def _begin(self) -> None:
        job_id, lost = self.interrupted.popitem() if self.interrupted else (f"{self.device.name}-{self._jobs}", 0)
        self._jobs += not lost
        held = Held(job_id, lost + 1, self._fate.choice(CUSTOMERS), "generate", "portrait-1")
        self._keeper.book.begin(held, _kind(held))
        self._running[held] = self.clocks.nanoseconds, self._after(25)
        self._next_job_at = self._after(20)

    def _end(self, held: Held) -> None:
        began, _ = self._running.pop(held)
        self._keeper.book.end(held, self._fate.choice(_ENDS) or _kind(held))
        self.lives[-1].held.append((began, self.clocks.nanoseconds))
        self._flush()  # as the worker does, before the job is told what it cost

    def _flush(self) -> None:
        self._keeper.flush()
        self.lives[-1].written = self.clocks.nanoseconds
        self._flush_at = self.clocks.nanoseconds + FLUSH_NS

    def _after(self, mean_seconds: float) -> int:
        return self.clocks.nanoseconds + round(self._fate.expovariate(1 / mean_seconds) * NANO)


def _kind(held: Held) -> Kind:
    return "job" if held.attempt == 1 else "retry"
