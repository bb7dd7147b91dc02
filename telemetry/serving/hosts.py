"""Answers only to names that are known, so that no web site can point its own name at this address (DNS rebinding)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

# Asked for by probes and by Prometheus under names that only the network knows; they tell nothing secret.
_OPEN_PATHS: Final = frozenset({"/health", "/metrics", "/ready"})
_UNUSUAL: Final = frozenset("/?#@\\")  # what a URL has beside its host
_LONGEST: Final = 100
_MOST_KNOWN: Final = 1000


class KnownHosts:
    """ASGI middleware that refuses a Host header which is neither an IP address, nor localhost, nor named.

    Args:
        app: any application.
        names: what it is called besides.
        refusal: makes the answer to a request under another name, which it is given, cut to what an answer bears.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], refusal: Callable[[str], ASGIApp]) -> None:
        self._app = app
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        self._refusal = refusal
        self._seen: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._passes(scope):
            await self._app(scope, receive, send)
            return
        host = _host(scope).decode("latin-1")
        await self._refusal(host[:_LONGEST])(scope, receive, send)

    def _passes(self, scope: Scope) -> bool:
        host = _host(scope)
        if host in self._seen:
            return True
        if is_open(scope["path"]):
            return True
        if not self.knows(host.decode("latin-1")):
            return False
        if len(self._seen) < _MOST_KNOWN:  # what there is of ports and of addresses is for the client to say
            self._seen.add(host)
        return True

    def knows(self, host: str) -> bool:
        """Tell whether a Host header, with or without a port, is one to answer to."""
        if not _UNUSUAL.isdisjoint(host):
            return False
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name == "localhost" or name.endswith(".localhost") or name in self._names or _is_address(name)


def is_open(path: str) -> bool:
    """Say whether machines ask for it under whatever name: a probe, or what is scraped."""
    return path in _OPEN_PATHS or path.startswith("/health/")


def _host(scope: Scope) -> bytes:
    """Return the Host header; nothing where there is none or more than one, which no browser sends."""
    found: list[bytes] = [value for name, value in scope["headers"] if name == b"host"]
    return found[0] if len(found) == 1 else b""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
