"""Where this process listens, and which of its addresses a request came to."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

#: What the sockets end in at which processes ask each other for figures. They serve no app.
SOCKET: Final = ".plainview"

_FDS: Final = (Path("/proc/self/fd"), Path("/dev/fd"))
_ANY: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on


class Address(NamedTuple):
    """An address that streams are accepted at; `port` is None for a path."""

    host: str
    port: int | None


def listening() -> set[Address]:
    """Return every TCP address and path at which this process accepts connections."""
    return {address for fd in _sockets() if (address := _address(fd)) is not None}


def reached(server: tuple[str, int | None] | None, addresses: Iterable[Address]) -> Address | None:
    """Return which of `addresses` has taken a request to `server`, as ASGI's scope tells it."""
    if server is None:
        return None
    host, port = server
    found = [address for address in addresses if address.port == port]
    if port is None:
        found = [address for address in found if address.host == host]
    # Connections to this very address do not reach the one that takes any.
    found.sort(key=lambda address: (address.host != host, address.host not in _ANY, address))
    return found[0] if found else None


def _sockets() -> Iterator[int]:
    folder = next((folder for folder in _FDS if folder.is_dir()), None)
    for path in folder.iterdir() if folder else ():
        with contextlib.suppress(OSError):  # closed since it was listed
            if stat.S_ISSOCK(os.fstat(int(path.name)).st_mode):
                yield int(path.name)


def _address(fd: int) -> Address | None:
    try:
        with socket.socket(fileno=os.dup(fd)) as found:
            if found.type != socket.SOCK_STREAM or not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return None
            name = found.getsockname()
    except OSError:
        return None
    if found.family in (socket.AF_INET, socket.AF_INET6):
        return Address(name[0], name[1])
    path = os.fsdecode(name) if found.family == socket.AF_UNIX else ""
    return Address(path, None) if path and not path.endswith(SOCKET) else None
