"""Only the console's own pages may change anything: a session's cookie is sent by other ports of the same host as well."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from stack.console.problems import OtherSite

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = frozenset({"same-origin", "none"})


class OwnPages:
    """ASGI middleware that refuses what another page made: browsers say so, and programs say nothing.

    `public` is the host, and the port where it has one, that pages come from when a proxy asks under another name.
    """

    def __init__(self, app: ASGIApp, public: str) -> None:
        self._app = app
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _READING:
            headers = Headers(scope=scope)
            origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
            if site not in _OWN or (
                origin is not None and urlsplit(origin).netloc not in (self._public, headers.get("host"))
            ):
                problem = OtherSite("this changes something, and a page of another site asked for it")
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)
