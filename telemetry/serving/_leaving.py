"""The end of a server that leaves nobody without an answer: whoever had reached it is served, then the doors close.

A listening socket that is closed resets the connections that wait in it, and a connection that is closed before what
it sent was read is reset, too. Under load there are always some of both.
"""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

# A client that has connected sends its request at once; one that connects only in case is not waited for any longer.
_FOR_FIRST_REQUEST: Final = 1.0
_LOOK_SECONDS: Final = 0.01
_NONE: Final[Any] = object()


def last_in_line(listeners: Iterable[socket.socket]) -> list[socket.socket]:
    """Take the connections that wait in `listeners`; closed right after that, they have next to nobody to reset."""
    taken: list[socket.socket] = []
    for listener in listeners:
        listener.setblocking(False)
        try:
            while True:
                taken.append(listener.accept()[0])
        except OSError:  # none waits, or no file is left for one
            continue
    return taken


async def let_in(taken: Sequence[socket.socket], protocol: Callable[[], asyncio.Protocol]) -> None:
    """Serve connections that were taken by hand."""
    loop = asyncio.get_running_loop()
    for connection in taken:
        connection.setblocking(False)
        await loop.connect_accepted_socket(protocol, connection)


async def until_quiet(connections: Iterable[Any]) -> None:
    """Wait until no connection has anything unread, or has not asked anything yet; for a second at most.

    When this returns nothing ran in between: what is closed at once is closed between two requests.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + _FOR_FIRST_REQUEST
    while any(_is_asking(connection) for connection in list(connections)) and loop.time() < end:  # noqa: ASYNC110 - the kernel tells of no event
        await asyncio.sleep(_LOOK_SECONDS)


def _is_asking(connection: Any) -> bool:
    """Tell whether a connection of uvicorn's is about to ask; one that is being answered closes by itself."""
    cycle, transport = getattr(connection, "cycle", _NONE), connection.transport
    if cycle is _NONE or transport is None or transport.is_closing():
        return False  # a WebSocket is told by uvicorn
    if cycle is None:
        return True
    return bool(cycle.response_complete) and _has_unread(transport)


def _has_unread(transport: asyncio.Transport) -> bool:
    looked = select.poll()
    looked.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    # The other end's leaving reads as input, too: that is soon noticed by whoever reads.
    return bool(looked.poll(0))
