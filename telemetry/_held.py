"""How many pieces of work hold a device now."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Held:
    """A count that threads may change; the simulated card takes its load from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    @property
    def count(self) -> int:
        return self._count

    @contextmanager
    def one_more(self) -> Iterator[None]:
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def _add(self, change: int) -> None:
        with self._lock:
            self._count += change
