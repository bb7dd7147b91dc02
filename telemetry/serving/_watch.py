"""A look at all connections every second: who keeps the server waiting is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from telemetry.serving._protocol import BoundedProtocol
from telemetry.serving.clients import LEAST_RATE, Clients

_SECONDS_BETWEEN: Final = 1.0
# A player that has enough for now stops reading; one that asks again later has lost nothing.
_FOR_READING: Final = 3

Waiting = Literal["headers", "body", "reading", "closing"]


@dataclass(slots=True)
class _Look:
    """What a connection was waited for at one moment, and how far that was."""

    waiting: Waiting
    mark: object
    since: float
    done: int


class Watch:
    """Cuts off slow clients of one server; lives as long as the server."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        patience = clients.patience.total_seconds()
        self._seconds: dict[Waiting, float] = {
            "headers": patience,
            "body": patience,
            "reading": _FOR_READING * patience,
            "closing": patience,
        }

    @contextmanager
    def over(self, connections: Iterable[object]) -> Iterator[None]:
        """Look at these until the block ends, in the running event loop."""
        loop = asyncio.get_running_loop()
        between = min(_SECONDS_BETWEEN, self._clients.patience.total_seconds() / 4)

        async def looking() -> None:
            while True:
                await asyncio.sleep(between)
                self.look(connections, loop.time())

        task = loop.create_task(looking(), name="plainview-slow-clients")
        try:
            yield
        finally:
            task.cancel()

    def look(self, connections: Iterable[object], now: float) -> None:
        """Look at each connection once."""
        for connection in list(connections):
            if isinstance(connection, BoundedProtocol):
                self._look_at(connection, now)

    def _look_at(self, connection: BoundedProtocol, now: float) -> None:
        waiting, mark, done = _state(connection)
        last: _Look | None = connection.look
        if waiting is None:
            connection.look = None
        elif last is None or last.waiting != waiting or last.mark is not mark:
            connection.look = _Look(waiting, mark, now, done)
        elif now - last.since >= self._seconds[waiting]:
            if waiting == "headers" or done - last.done < LEAST_RATE * self._seconds[waiting]:
                self._cut(connection, waiting)
            else:
                connection.look = _Look(waiting, mark, now, done)

    def _cut(self, connection: BoundedProtocol, waiting: Waiting) -> None:
        seconds = f"{self._seconds[waiting]:g} s"
        if waiting == "headers":
            connection.cut("slow_headers", self._timeout(f"No whole request came within {seconds}."))
        elif waiting == "body":
            least = f"{LEAST_RATE * self._seconds[waiting]:g} bytes"
            connection.cut("slow_body", self._timeout(f"Less than {least} of the body came within {seconds}."))
        else:
            connection.cut("slow_reading")

    def _timeout(self, detail: str) -> bytes:
        return self._clients.raw_problem("request_timeout", detail)


def _state(connection: BoundedProtocol) -> tuple[Waiting | None, object, int]:
    """Return what the client is waited for now, what tells one such wait from the next, and how far it is."""
    cycle, flow, transport = connection.cycle, connection.flow, connection.transport
    if transport.is_closing():
        return "closing", None, -transport.get_write_buffer_size()
    if flow.write_paused:
        return "reading", connection.pause, -transport.get_write_buffer_size()
    if cycle is None or cycle.response_complete:
        if connection.timeout_keep_alive_task is not None:
            return None, None, 0  # between two requests: uvicorn ends it in time
        return "headers", cycle, 0
    if cycle.more_body and not flow.read_paused and not cycle.waiting_for_100_continue:
        return "body", cycle, connection.body_bytes
    return None, None, 0
