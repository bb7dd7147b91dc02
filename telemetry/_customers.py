"""Bounds the customers that become label values."""

import threading
from typing import Final

OTHER: Final = "other"
UNATTRIBUTED: Final = "unattributed"


class Customers:
    """The first `bound` customers seen keep their name, all later ones are `other`."""

    def __init__(self, bound: int = 50) -> None:
        self._bound = bound
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def label(self, customer: str | None) -> str:
        """Return the label value for `customer`; work that nobody is named for is `unattributed`."""
        if not customer:
            return UNATTRIBUTED
        with self._lock:
            if customer in self._seen or len(self._seen) < self._bound:
                self._seen.add(customer)
                return customer
        return OTHER
