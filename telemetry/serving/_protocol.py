"""uvicorn's HTTP protocol, with bounds on what one client may take.

Series: `server_connections`, `server_connections_cut_total{reason}`.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, get_args

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from telemetry import catalog, counted
from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.serving._crowd import Crowd
from telemetry.serving.clients import MOST_HEAD_BYTES, Reason
from telemetry.serving.hosts import is_open

_log = get_logger(__name__)
# What a client may send that is no body, for each byte of it: chunks of one byte have six bytes around them.
_AROUND: Final = 8
_OPEN: Final = counted(catalog.HTTP_CONNECTIONS)
_CUT: Final = {reason: counted(catalog.HTTP_CONNECTIONS_CUT, reason=reason) for reason in get_args(Reason)}


def count_from_zero() -> None:
    """Export each series before anybody is there, so that the first one cut off is a rise."""
    for count in (_OPEN, *_CUT.values()):
        count.add(0)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Time is looked at from outside, by a `Watch`, so that it costs a request nothing."""

    def __init__(self, *, crowd: Crowd, **given: Any) -> None:
        super().__init__(**given)
        self._crowd = crowd
        self._host: str | None = None
        self._read: tuple[object, bool] = (None, False)
        self._around = 0
        self.body_bytes = 0
        #: Another one for each time that the client makes an answer wait.
        self.pause = object()
        self.look: Any = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._host = self.client[0] if self.client else None
        _OPEN.add(1)
        verdict = self._crowd.enters(self._host, len(self.connections))
        if verdict is not None and not verdict.is_taken:
            self.cut(verdict.reason)
        elif verdict is not None:
            self.app = self._unless_probe(verdict.reason)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        _OPEN.add(-1)
        self._crowd.leaves(self._host)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle = self.cycle
        is_body = cycle is not None and cycle.more_body
        if is_body and cycle.response_complete:
            return  # what is left of a body that nobody reads; the watch ends it
        if self._read != (cycle, is_body):
            self._read = (cycle, is_body)
            self._around = self.body_bytes = 0
            return
        self._around += len(data)
        allowed = MOST_HEAD_BYTES + ((1 + _AROUND) * self.body_bytes if is_body else 0)
        if self._around > allowed and not self.transport.is_closing():
            detail = f"More than {MOST_HEAD_BYTES} bytes came that are no body."
            self.cut("large_headers", self._crowd.clients.raw_problem("headers_too_large", detail))

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        super().on_body(body)

    def pause_writing(self) -> None:
        self.pause = object()
        super().pause_writing()

    def send_400_response(self, msg: str) -> None:
        self.cut("broken", self._crowd.clients.raw_problem("bad_request", msg))

    def cut(self, reason: Reason, answer: bytes | None = None) -> None:
        """End the connection, with an answer where none has begun."""
        _CUT[reason].add()
        _log.warning(Event.CONNECTION_CUT, reason=reason, client=self._host)
        cycle = self.cycle
        busy = cycle is not None and not cycle.response_complete
        if busy:
            cycle.disconnected = True
            cycle.message_event.set()
        if answer is None or (busy and cycle.response_started):
            self.transport.abort()
            return
        self.transport.write(answer)
        self.transport.close()

    def _unless_probe(self, reason: Reason) -> Any:
        clients, app = self._crowd.clients, self.app

        async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
            if is_open(scope["path"]):
                await app(scope, receive, send)
                return
            _CUT[reason].add()
            most = clients.connections if reason == "too_many" else clients.of_address
            whose = "are open" if reason == "too_many" else "of your address are open"
            detail = f"More than {most} connections {whose}, which is as many as are served. Try again soon."
            status, headers, body = clients.problem("overloaded", detail)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return refuse
