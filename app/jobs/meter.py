"""What a run has used of the device, at any moment of it: the row is right to the last report if the worker dies."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.generation.generator import Cancelled
from app.jobs.claim import Claim, Spent
from app.jobs.context import HandedBackError
from app.jobs.job import OPERATION
from app.ledger.entry import Held
from app.ledger.keeping import Keeper
from app.ledger.timeline import NANO, Kind
from telemetry import gpu_work
from telemetry.work import out_of_memory

if TYPE_CHECKING:
    from telemetry import Telemetry


class Meter:
    """The device seconds and the cost of one run, and the kind of cost they are: job, retry, cancelled or failed.

    Attributes:
        out_of_memory: what told that the run ran out of memory, None when it did not.
    """

    def __init__(self, mine: Claim, model: str, keeper: Keeper, telemetry: Telemetry) -> None:
        job = mine.job
        self._held = Held(job.id, mine.attempt, job.customer, OPERATION, model, job.key_id, job.tier)
        self._keeper = keeper
        self._book = keeper.book
        self._telemetry = telemetry
        self._kind: Kind = "job" if mine.attempt == 1 else "retry"
        self.out_of_memory: str | None = None
        self._running = False
        self._spent: tuple[int, int | None] = (0, 0)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold the device for the block."""
        work = None
        self._book.begin(self._held, self._kind)
        self._running = True
        try:
            with gpu_work(
                OPERATION,
                customer=self._held.customer,
                model=self._held.model,
                kind=self._kind,
                device=self._book.device,
                telemetry=self._telemetry,
            ) as work:
                try:
                    yield
                except (Cancelled, HandedBackError):
                    self._kind = work.kind = "cancelled"
                    raise
                except Exception as error:
                    self._kind = work.kind = "failed"
                    if out_of_memory(error) is not None:
                        # What the model held hangs on the traceback, and there is no memory to go on with.
                        traceback.clear_frames(error.__traceback__)
                    raise
        finally:
            self._running = False
            self.out_of_memory = work.out_of_memory if work else None
            self._spent = self._book.end(self._held, self._kind, *((work.joules, work.joules_source) if work else ()))
            self._keeper.flush()  # so that the ledger has what the job is about to be told to have cost

    def so_far(self) -> Spent:
        """Return what was used until now."""
        nanoseconds, nanousd = self._book.so_far(self._held) if self._running else self._spent
        return Spent(nanoseconds / NANO, nanousd, self._kind)
