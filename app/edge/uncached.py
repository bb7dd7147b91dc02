"""Nothing that a key opened is kept by caches, unless the answer says how it may be."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NAME: Final = b"cache-control"
_NO_STORE: Final = (_NAME, b"no-store")


class Uncached:
    """ASGI middleware that puts `Cache-Control: no-store` on answers that have no such header of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_uncached(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                if not any(name.lower() == _NAME for name, _ in headers):
                    message = {**message, "headers": [*headers, _NO_STORE]}
            await send(message)

        await self._app(scope, receive, send_uncached if scope["type"] == "http" else send)
