"""Whether there is room in the queue, for whom, and when there will be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from app.errors import Code

#: How far a queue that is full may grow for customers that hold less than their share of it, as a part of its bound.
#: They come before the flood that filled it, so they do not wait for the rest; without an end it could not be.
RESERVE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """How full the queue is in one measure, jobs or seconds.

    Attributes:
        total, own: what waits in all, and of the customer who asks.
        bound: where the queue is full.
        rate: how much of it leaves in a second.
    """

    total: float
    own: float
    bound: float
    rate: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no room, and in how many seconds there should be."""

    code: Code
    seconds: float

    @property
    def retry_after(self) -> int:
        """Whole seconds after which to ask again."""
        return math.floor(self.seconds) + 1


def refusal(load: Load, part: float) -> Refusal | None:
    """Return why a customer whose fair part is `part` (0 to 1) may add nothing to the queue, None where it may."""
    if load.total < load.bound:
        return None
    share, most = load.bound * part, load.bound * (1 + RESERVE)
    until_reserve = (load.total - most) / load.rate
    if load.own >= share:
        until_room = (load.total - load.bound) / load.rate
        until_share = (load.own - share) / (load.rate * part)
        return Refusal(Code.CUSTOMER_QUEUE_FULL, min(until_room, max(until_share, until_reserve)))
    return Refusal(Code.QUEUE_FULL, until_reserve) if load.total >= most else None
