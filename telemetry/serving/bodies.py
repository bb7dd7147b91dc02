"""A bound on the bodies of requests, for routes that read them whole."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BoundedBodies:
    """ASGI middleware that refuses a body of more than `most` bytes: by its announced length, else as soon as they came.

    Args:
        app: any application that turns an `HTTPException` into an answer.
        most: bytes.
        refusal: makes the answer to a longer one, which it is given the bound.
    """

    def __init__(self, app: ASGIApp, *, most: int, refusal: Callable[[int], ASGIApp]) -> None:
        self._app = app
        self._most = most
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > self._most:
            await self._refusal(self._most)(scope, receive, send)
            return
        size = 0

        async def counting() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._most:
                raise HTTPException(413, f"The body is longer than {self._most} bytes.")
            return message

        await self._app(scope, counting, send)
