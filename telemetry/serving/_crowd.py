"""Who is there: connections by address."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from telemetry.serving.clients import Clients


class Crowd:
    """Counts the connections of one server; lives as long as the server."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self._of_address: Counter[str] = Counter()

    def enters(self, host: str | None, connections: int) -> Literal["too_many", "too_many_of_address"] | None:
        """Count one of `connections`, and say why it is one too many, if it is."""
        if connections > self.clients.connections:
            verdict: Literal["too_many", "too_many_of_address"] | None = "too_many"
        else:
            verdict = None
        if host is not None:
            self._of_address[host] += 1
            if self._of_address[host] > self.clients.of_address and not self.clients.is_proxy(host):
                verdict = verdict or "too_many_of_address"
        return verdict

    def leaves(self, host: str | None) -> None:
        """Forget one."""
        if host is None:
            return
        self._of_address[host] -= 1
        if not self._of_address[host]:
            del self._of_address[host]
