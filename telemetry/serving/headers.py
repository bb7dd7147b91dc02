"""Headers that tell browsers what they may do with an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: On every answer, unless the application says otherwise.
HEADERS: Final[Mapping[str, str]] = {
    # What no browser should draw or run: JSON, videos, errors. Pages say for themselves what they need.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_YEAR: Final = "max-age=31536000"

_Raw = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """ASGI middleware that puts the headers on every answer, and HSTS on those that come over TLS.

    Args:
        app: any application; a header that it sends itself stays as it is.
        policy: a Content-Security-Policy in place of the one that allows nothing.
        always_secure: users come over TLS, though the proxy that ends it may not say so.
    """

    def __init__(self, app: ASGIApp, *, policy: str | None = None, always_secure: bool = False) -> None:
        self._app = app
        headers = {**HEADERS, "Content-Security-Policy": policy} if policy else HEADERS
        self._plain = _raw(headers)
        self._secure = [*self._plain, *_raw({"Strict-Transport-Security": _YEAR})]
        self._names = frozenset(name for name, _ in self._secure)
        self._always_secure = always_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ours = self._secure if self._always_secure or scope.get("scheme") == "https" else self._plain

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                theirs = message.get("headers", ())
                message = {**message, "headers": [*theirs, *self._missing(ours, theirs)]}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _missing(self, ours: _Raw, theirs: _Raw) -> _Raw:
        set_by_app = [name for name, _ in theirs if name in self._names]
        return ours if not set_by_app else [header for header in ours if header[0] not in set_by_app]


def _raw(headers: Mapping[str, str]) -> _Raw:
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
