"""How a delivery is tried again: exponential pauses with jitter, up to a day."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """Pauses and limits of deliveries; the defaults are what runs, tests shorten them."""

    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(minutes=5)
    #: Alerts older than this are history; the target has been failing visibly all the time.
    give_up_after: timedelta = timedelta(hours=24)
    #: A hung server must not hold up the target's next message for Apprise's whole minute.
    send_timeout: timedelta = timedelta(seconds=30)
    #: What a stop waits for a delivery under way; a cut one is made again after the start.
    stop_grace: timedelta = timedelta(seconds=3)

    def pause(self, attempts: int) -> timedelta:
        """Return the pause after `attempts` failures: doubled each time, halved at most by jitter."""
        doubled: timedelta = self.first_pause * 2 ** min(attempts - 1, 30)
        jitter = random.uniform(0.5, 1)  # noqa: S311  # no secret depends on it
        return min(doubled, self.longest_pause) * jitter
