"""Answers only to names that are known, so that no web site can point its own name at this address (DNS rebinding)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from stack.console.problems import BadHost

# Asked for by probes and by Prometheus under names that only the network knows; they tell nothing secret.
_OPEN_PATHS: Final = ("/health/live", "/health/ready", "/metrics")


class KnownHosts:
    """ASGI middleware that refuses a Host header which is neither an IP address, nor localhost, nor named."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = frozenset(name.lower().rstrip(".") for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _OPEN_PATHS:
            host = Headers(scope=scope).get("host", "")
            if not self.knows(host):
                message = f"the Host header is {host[:100]!r}: add the name to PLAINVIEW_CONSOLE_HOSTS to allow it"
                await BadHost(message).response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Tell whether a Host header, with or without a port, is one to answer to."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name == "localhost" or name.endswith(".localhost") or name in self._names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
