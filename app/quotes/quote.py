"""A quote: device seconds, cost, place in the queue and when the video should be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from app.jobs.job import nanousd
from app.quotes.estimate import Estimate, estimate
from app.quotes.history import History, Waiting

if TYPE_CHECKING:
    from telemetry.prices import Prices


@dataclass(frozen=True, slots=True)
class Quote:
    """What a job should take and cost; whatever is not known is None.

    Attributes:
        device_seconds: expected device seconds, with their interval.
        cost_usd, low_usd, high_usd: what these cost at the price of the present workers' device.
        end_seconds: seconds from now until the job should have ended, once its turn is known.
        unpriced: the device that would run it, where that has no price.
    """

    device_seconds: Estimate | None
    cost_usd: Decimal | None
    low_usd: Decimal | None
    high_usd: Decimal | None
    end_seconds: float | None = None
    unpriced: str | None = None

    @property
    def nanousd(self) -> int | None:
        """The cost in billionths of a dollar."""
        return None if self.cost_usd is None else nanousd(self.cost_usd)


def quote(size: float, history: History, prices: Prices) -> Quote:
    """Return what a job of `size` should take and cost."""
    expected = estimate(history.samples, size)
    price, unpriced = None, None
    if history.device is not None:
        price = prices.of(history.device).usd_per_second
        unpriced = history.device.name if price is None else None
    if expected is None:
        return Quote(None, None, None, None, unpriced=unpriced)
    return Quote(
        expected,
        _cost(expected.seconds, price),
        _cost(expected.low, price),
        _cost(expected.high, price),
        unpriced=unpriced,
    )


def _cost(seconds: float | None, price: Decimal | None) -> Decimal | None:
    return None if seconds is None or price is None else price * Decimal(str(round(seconds, 9)))


def end_in(own_seconds: float, history: History, ahead: Sequence[Waiting]) -> float | None:
    """Return the seconds until a job ends that holds the device for `own_seconds` after those ahead."""
    if history.crew is None:
        return None
    usual = typical(history)
    usual = own_seconds if usual is None else usual
    each = [
        (usual if waiting.quoted_seconds is None else waiting.quoted_seconds) * (1 - waiting.progress)
        + history.other_seconds
        for waiting in ahead
    ]
    return _last_of(each, history.crew.workers) + own_seconds + history.other_seconds


def typical(history: History) -> float | None:
    """Return the device seconds of a job of middle size, None before any has ended."""
    sizes = sorted(sample.size for sample in history.samples)
    found = estimate(history.samples, sizes[len(sizes) // 2]) if sizes else None
    return None if found is None else found.seconds


def _last_of(each: Sequence[float], workers: int) -> float:
    """Return when the first worker is free, if each takes the next job as soon as it has ended one."""
    free = [0.0] * workers
    for seconds in each:
        first = min(range(workers), key=free.__getitem__)
        free[first] += seconds
    return min(free)
