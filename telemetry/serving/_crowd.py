"""Who is there: connections by address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from telemetry.serving.addresses import network_of
from telemetry.serving.clients import Clients


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a connection is one too many, and whether it is taken all the same, for a probe that it may bring."""

    reason: Literal["too_many", "too_many_of_address"]
    is_taken: bool = True


class Crowd:
    """Counts the connections of one server; lives as long as the server."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self._of_address: Counter[str] = Counter()

    def enters(self, host: str | None, connections: int) -> Verdict | None:
        """Count one of `connections`, and say why it is one too many, if it is."""
        of_host = 0
        if host is not None:
            network = network_of(host)
            self._of_address[network] += 1
            if not self.clients.is_proxy(host):
                of_host = self._of_address[network]
        if connections > self.clients.most:
            return Verdict("too_many", is_taken=False)
        if of_host > self.clients.most_of_address:
            return Verdict("too_many_of_address", is_taken=False)
        if connections > self.clients.connections:
            return Verdict("too_many")
        return Verdict("too_many_of_address") if of_host > self.clients.of_address else None

    def leaves(self, host: str | None) -> None:
        """Forget one."""
        if host is None:
            return
        network = network_of(host)
        self._of_address[network] -= 1
        if not self._of_address[network]:
            del self._of_address[network]
