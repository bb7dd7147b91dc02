"""Start-time fair queueing: each job gets a turn on a line of virtual time, and the lowest turn runs first.

A turn is as long as the job's device time divided by its customer's weight, and no two turns of one customer overlap.
While customers wait, each therefore gets device time by its weight, whoever has more in the queue. Virtual time is where
the last started job began; a customer that comes later starts there, so that nobody saves up by staying away.

Source: Goyal, Vin, Cheng, "Start-time fair queuing", IEEE/ACM Transactions on Networking 5(5), 1997.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: Virtual time is counted in microseconds of device time at weight 1.
SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """From where to where on the line of virtual time a job lies."""

    begin: int
    end: int


def next_turn(clock: int, taken: Iterable[Turn], length: int) -> Turn:
    """Return the first turn of this length, not before `clock`, between those that the customer has.

    Between them is room where a job was cancelled before it ran: the customer has it back.
    """
    begin = clock
    for turn in sorted(taken):
        if begin + length <= turn.begin:
            break
        begin = max(begin, turn.end)
    return Turn(begin, begin + length)


def turn_length(seconds: float, weight: float) -> int:
    """Return how long the turn of a job is that holds the device for `seconds`."""
    return max(1, round(seconds * SECOND / weight))
