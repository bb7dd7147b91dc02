"""What clients may take of a server: connections, time and memory."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, Literal

from telemetry.serving.headers import HEADERS

Reason = Literal[
    "broken", "large_headers", "slow_headers", "slow_body", "slow_reading", "too_many", "too_many_of_address"
]

#: Bytes a second below which a client counts as slow; the slowest links there are have ten times as much.
LEAST_RATE: Final = 500
#: Most bytes of a request before its body, and of what is no body within it, such as chunk extensions.
MOST_HEAD_BYTES: Final = 64 * 1024

_STATUS: Final = {
    "bad_request": (400, "Bad Request", "The request cannot be understood"),
    "request_timeout": (408, "Request Timeout", "The request took too long to arrive"),
    "headers_too_large": (431, "Request Header Fields Too Large", "The headers are larger than allowed"),
    "overloaded": (503, "Service Unavailable", "The service has all the connections that it can serve"),
}


@dataclass(frozen=True)
class Clients:
    """The bounds of one server.

    Attributes:
        connections: how many are served at once. Those beyond are answered 503, probes and scrapes excepted; a quarter
            as many again, and no more are taken. Of one address a quarter is served and half is taken.
        patience: how long a client may take for the head of a request, and for 10 kB of a body at 500 bytes a second;
            for reading an answer three times as long.
        proxies: networks of clients that speak for many, and so may have all connections; others may have a quarter.
        errors: the page that explains codes, which problems point into; about:blank where there is none.
    """

    connections: int = 1000
    patience: timedelta = timedelta(seconds=20)
    proxies: Sequence[str] = ()
    errors: str = field(default="", kw_only=True)

    @property
    def most(self) -> int:
        """Connections that are taken at all."""
        return self.connections + max(1, self.connections // 4)

    @property
    def of_address(self) -> int:
        """Connections that are served at once for one address."""
        return max(1, self.connections // 4)

    @property
    def most_of_address(self) -> int:
        """Connections of one address that are taken at all, so that there are always some for others."""
        return 2 * self.of_address

    def is_proxy(self, host: str) -> bool:
        """Say whether an address may speak for many."""
        if not self._networks:
            return False
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    @cached_property
    def _networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        return [ipaddress.ip_network(network) for network in self.proxies]

    def problem(self, code: str, detail: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Return status, headers and body of an answer that is given before there is a request to speak of."""
        status, _, title = _STATUS[code]
        body = json.dumps(
            {
                "type": f"{self.errors}#{code}" if self.errors else "about:blank",
                "title": title,
                "status": status,
                "detail": detail,
                "code": code,
                "context": {},
                "request_id": None,
                "trace_id": None,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
        ).encode()
        headers = {
            **HEADERS,
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **({"Retry-After": "5"} if code == "overloaded" else {}),
        }
        return status, [(name.lower().encode(), value.encode()) for name, value in headers.items()], body

    def raw_problem(self, code: str, detail: str) -> bytes:
        """Return the same as it goes over the wire."""
        status, headers, body = self.problem(code, detail)
        lines = [f"HTTP/1.1 {status} {_STATUS[code][1]}".encode(), *(b"%s: %s" % header for header in headers)]
        return b"\r\n".join([*lines, b"", body])
