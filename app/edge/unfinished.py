"""What is still under way when the time to end is over is told so, and when to come back."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Code, ServiceError
from app.errors.problem import problem_response
from app.stopping import Stopping

_DETAIL = (
    "The service is shutting down and could not finish this request, which may have been done all the same. "
    "A submit with an Idempotency-Key can be sent again."
)


class Unfinished:
    """ASGI middleware that answers a request 503 which the server cancels as it ends; it would be answered 500."""

    def __init__(self, app: ASGIApp, stopping: Stopping) -> None:
        self._app = app
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except asyncio.CancelledError:
            if started or not self._stopping.has_begun:
                raise
            error = ServiceError(Code.SHUTTING_DOWN, _DETAIL, headers={"Retry-After": "2", "Connection": "close"})
            await problem_response(error)(scope, receive, send)
