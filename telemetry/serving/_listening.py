"""The address first: before anything else of a process is opened."""

from __future__ import annotations

import errno
import resource
import socket
from typing import Final

_BACKLOG: Final = 2048
_OTHER_FILES: Final = 256


class PortTaken(OSError):  # noqa: N818 - reads as what happened
    """An address that cannot be listened on, mostly because another process does.

    Attributes:
        host: where it was tried.
        port: where it was tried.
        variable: the setting that chooses the port.
        reason: what the system says.
    """

    def __init__(self, host: str, port: int, variable: str, error: OSError) -> None:
        self.host = host
        self.port = port
        self.variable = variable
        # Python adds where it was tried, which is said already.
        self.reason = str(error.strerror or error).partition(" (while attempting")[0]
        advice = (
            f"Stop what uses the port, or set {variable} to a free one."
            if error.errno == errno.EADDRINUSE
            else f"Use an address of this host, and set {variable} to a port that this user may take."
        )
        super().__init__(f"{variable}={port}: cannot listen on {host}:{port}: {self.reason}. {advice}")


def bind(host: str, port: int, variable: str) -> socket.socket:
    """Return a socket that listens on the address, before anything else of the process is opened.

    Args:
        host: a name or an address, IPv4 or IPv6.
        port: 0 takes a free one; `getsockname()` tells which.
        variable: the setting that chose the port, for the error.

    Raises:
        PortTaken: the address cannot be had; says why and what to set.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise PortTaken(host, port, variable, error) from error


def make_room(connections: int) -> None:
    """Let this process have as many files open as that many connections need, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
