"""Divides the time of one device, and what it costs, among those who hold it: to the last nanosecond and nano-dollar."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

NANO: Final = 1_000_000_000

#: What a second was paid for. `idle`: nobody held the device. `overhead`: nobody could, as it was starting or draining.
Kind = Literal["job", "retry", "cancelled", "failed", "idle", "overhead"]
Unheld = Literal["idle", "overhead"]


@dataclass(frozen=True, slots=True)
class Portion:
    """What one holder got of the device since the last look.

    Attributes:
        holder: who held it; the kind of time where nobody did.
        nanoseconds: share of the time.
        nanousd: share of the cost, None where the price is not known.
    """

    holder: Hashable
    nanoseconds: int
    nanousd: int | None


class Timeline:
    """Not thread-safe: whoever has it holds a lock.

    Holders share a moment equally. What cannot be divided goes to those who came first, one nanosecond each; a
    fraction of a nano-dollar is carried over to the next portion. So the portions of all time add up to the time that
    passed, and their cost to the price of that time, rounded down once.

    Args:
        at: monotonic nanoseconds of the beginning.
        price: nano-dollars a second, None where it is not known.
        unheld: what time without a holder is, until `unheld_as`.
    """

    def __init__(self, at: int, price: int | None, unheld: Unheld = "overhead") -> None:
        self._at = at
        self._price = price
        self._unheld: Unheld = unheld
        self._holders: list[Hashable] = []
        self._got: dict[Hashable, int] = {}
        self._carried = 0

    def enter(self, holder: Hashable, at: int) -> None:
        """Let `holder` hold the device from now on, alone or with others."""
        if holder in self._holders:
            raise ValueError(f"{holder!r} holds the device already")
        self._advance(at)
        self._holders.append(holder)

    def leave(self, holder: Hashable, at: int) -> None:
        """End what `enter` began."""
        self._advance(at)
        self._holders.remove(holder)

    def unheld_as(self, kind: Unheld, at: int) -> None:
        """Say what time without a holder is from now on."""
        self._advance(at)
        self._unheld = kind

    def portions(self, at: int) -> Iterator[Portion]:
        """Yield what each got since the last call, those who left in between included; take all of them."""
        self._advance(at)
        got, self._got = self._got, {}
        for holder, nanoseconds in got.items():
            yield Portion(holder, nanoseconds, self._cost(nanoseconds))

    def _advance(self, at: int) -> None:
        # A clock that stands still, or is read out of order by two threads, adds nothing and takes nothing away.
        passed, self._at = max(0, at - self._at), max(at, self._at)
        if not passed:
            return
        holders = self._holders or [self._unheld]
        each, left = divmod(passed, len(holders))
        for number, holder in enumerate(holders):
            share = each + (number < left)
            if share:
                self._got[holder] = self._got.get(holder, 0) + share

    def _cost(self, nanoseconds: int) -> int | None:
        if self._price is None:
            return None
        nanousd, self._carried = divmod(self._price * nanoseconds + self._carried, NANO)
        return nanousd
