"""Where readings come from: NVML, or a card that is made up."""

import threading
from typing import Protocol

from telemetry.gpu._readings import Card, Xid


class SourceError(Exception):
    """Base of the two below; the message says what is wrong in words."""


class SourceAbsent(SourceError):  # noqa: N818 - a state of the host
    """This host has no NVML or no driver. A normal state: a host without a GPU."""


class SourceGone(SourceError):  # noqa: N818 - a state of the driver
    """NVML was expected to answer and does not; all handles are dead."""


class Source(Protocol):
    """Used by one thread, always open, read and wait, close, and then perhaps again."""

    def open(self) -> None:
        """Find the cards anew. Raises SourceAbsent or SourceGone."""

    def count(self) -> int:
        """Return how many cards the source counts, those that are not wanted too."""

    def read(self) -> tuple[Card, ...]:
        """Read all cards once. Raises SourceGone."""

    def wait(self, seconds: float, stop: threading.Event) -> tuple[Xid, ...]:
        """Wait until the time is over, `stop` is set or errors arrive, and return these."""

    def close(self) -> None:
        """Let go of everything; raises nothing."""
