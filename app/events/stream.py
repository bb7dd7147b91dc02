"""Server-sent events over ASGI, as the HTML standard has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.errors import Code, ServiceError
from app.errors.problem import ProblemResponse, problem

MEDIA_TYPE: Final = "text/event-stream"
#: A comment keeps proxies from closing a silent connection, and finds out that the client is gone.
BEAT: Final = b": still here\n\n"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Type": f"{MEDIA_TYPE}; charset=utf-8",
    "X-Accel-Buffering": "no",  # nginx would keep events until it has a page of them
}


def event(name: str, data: bytes, version: str | None = None) -> bytes:
    """Return one event; `data` is JSON, which has no line ends of its own."""
    named = b"" if version is None else f"id: {version}\n".encode()
    return b"event: " + name.encode() + b"\n" + named + b"data: " + data + b"\n\n"


class EventStream(Response):
    """Sends `events` until they end or the client goes; then calls `closing`, also when nothing could be sent.

    An exception becomes an event `error` with problem details, for the status has long been sent.
    """

    def __init__(self, events: AsyncGenerator[bytes], closing: Callable[[], object]) -> None:
        self._events = events
        self._closing = closing
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
            else:
                await self._send_until_gone(receive, send)
        finally:
            self._closing()
            await self._events.aclose()

    async def _send_until_gone(self, receive: Receive, send: Send) -> None:
        sending, leaving = asyncio.create_task(self._send(send)), asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait({sending, leaving})
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        failed: Exception | None = None
        try:
            async for chunk in self._events:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except Exception as error:  # noqa: BLE001 - raised again once the client knows
            failed = error
            await send({"type": "http.response.body", "body": _error(error), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        if failed is not None and not isinstance(failed, ServiceError):
            raise failed


def _error(error: Exception) -> bytes:
    known = (
        error
        if isinstance(error, ServiceError)
        else ServiceError(Code.INTERNAL, "Something went wrong. The ids in this event help to find out what.")
    )
    return event("error", bytes(ProblemResponse(problem(known)).body))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
