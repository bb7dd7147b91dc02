"""What a run has used of the device, at any moment of it: the row is right to the last report if the worker dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from app.generation.generator import Cancelled
from app.jobs.claim import Claim, Spent
from app.jobs.context import HandedBackError
from app.jobs.job import OPERATION
from telemetry import gpu_work

if TYPE_CHECKING:
    from telemetry import GpuWork, Telemetry
    from telemetry.gpu import Device


class Meter:
    """The device seconds and the cost of one run, and the kind of cost they are: job, retry, cancelled or failed."""

    def __init__(self, mine: Claim, model: str, device: Device, telemetry: Telemetry) -> None:
        self._mine = mine
        self._model = model
        self._device = device
        self._telemetry = telemetry
        self._kind = "job" if mine.attempt == 1 else "retry"
        self._began: float | None = None
        self._work: GpuWork | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold the device for the block."""
        work = None
        try:
            with gpu_work(
                OPERATION,
                customer=self._mine.job.customer,
                model=self._model,
                kind=self._kind,
                device=self._device,
                telemetry=self._telemetry,
            ) as work:
                self._began = time.monotonic()
                try:
                    yield
                except (Cancelled, HandedBackError):
                    self._kind = work.kind = "cancelled"
                    raise
                except Exception:
                    self._kind = work.kind = "failed"
                    raise
        finally:
            self._work = work

    def so_far(self) -> Spent:
        """Return what was used until now."""
        if self._work is not None:
            return Spent(self._work.gpu_seconds, self._work.cost_usd, self._kind)
        seconds = 0.0 if self._began is None else time.monotonic() - self._began
        return Spent(seconds, Decimal(seconds) * self._telemetry.settings.gpu_price_usd_per_second, self._kind)
