"""The registry as text: OpenMetrics with exemplars for who asks for it, the plain format otherwise."""

import zlib
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from telemetry.exposition import REFUSAL, REFUSAL_HEADERS, Exposition, Gate

METRICS_PATH: Final = "/metrics"
_GZIP: Final = 31  # for zlib: a window of 2^15 bytes, in gzip's format


def render(
    exposition: Exposition, accept: str, accept_encoding: str, server: tuple[str, int | None] | None
) -> tuple[bytes, dict[str, str]]:
    """Return the body and headers of an answer to a scrape that came to `server`."""
    body, content_type = exposition.text(accept, server)
    headers = {"content-type": content_type, "cache-control": "no-store", "vary": "accept, accept-encoding"}
    if "gzip" in accept_encoding:
        body = zlib.compress(body, 1, wbits=_GZIP)
        headers["content-encoding"] = "gzip"
    return body, headers


class MetricsEndpoint:
    """An ASGI app that answers GET and HEAD with the registry, rendered in a thread of its own.

    Not in the shared thread pool: that may be full of the app's blocking handlers just when the figures matter.
    """

    def __init__(
        self,
        exposition: Exposition,
        gate: Gate,
        before_the_end: Callable[[], None],
        may_read: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        self._exposition = exposition
        self._gate = gate
        self._may_read = may_read
        self._before_the_end = before_the_end
        self._limiter: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, body, headers = 405, b"", {"allow": "GET, HEAD"}
        asked = Headers(scope=scope)
        if not await self._admits(asked.get("authorization", "")):
            status, body, headers = 401, REFUSAL, {**REFUSAL_HEADERS}
        elif scope["method"] in ("GET", "HEAD"):
            self._limiter = self._limiter or anyio.CapacityLimiter(2)
            body, headers = await anyio.to_thread.run_sync(
                render,
                self._exposition,
                asked.get("accept", ""),
                asked.get("accept-encoding", ""),
                scope.get("server"),
                limiter=self._limiter,
            )
            status = 200
        headers["content-length"] = str(len(body))
        raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _admits(self, authorization: str) -> bool:
        if self._gate.opens(authorization):
            return True
        if self._may_read is not None and await self._may_read(authorization):
            return True
        return self._gate.refuse(authorization)

    def lifespan(self, send: Send) -> Send:
        """Take note that this process begins to serve, and return the `send` of its lifespan.

        The last spans are sent and the totals kept before the server is told that the app has ended: one that was
        stopped by a signal may raise it again and end the process on the spot.
        """
        self._exposition.begin()  # again where the app was loaded before a fork

        async def end_first(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await anyio.to_thread.run_sync(self._end)
            await send(message)

        return end_first

    def _end(self) -> None:
        self._before_the_end()
        self._exposition.keep()
