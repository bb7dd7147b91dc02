"""Several servers in one event loop, stopped together."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.types import ASGIApp

_GRACE_SECONDS: Final = 5


class PortTaken(OSError):  # noqa: N818 - reads as what happened
    """An address that cannot be listened on, mostly because another process does."""

    def __init__(self, host: str, port: int, setting: str, error: OSError) -> None:
        super().__init__(
            f"{setting} is {port}, but {host}:{port} cannot be used: {error.strerror}; choose another port"
        )
        self.host = host
        self.port = port


@dataclass(frozen=True, slots=True)
class Listener:
    """An application with the socket it answers on."""

    app: ASGIApp
    socket: socket.socket


def bind(host: str, port: int, setting: str) -> socket.socket:
    """Return a listening socket; `setting` is named when the port is taken.

    Raises:
        PortTaken: another process listens there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(512)
    except OSError as error:
        bound.close()
        raise PortTaken(host, port, setting, error) from error
    bound.setblocking(False)
    return bound


async def serve(listeners: Sequence[Listener]) -> None:
    """Serve all until SIGTERM or SIGINT, then let what is under way finish within five seconds."""
    servers = [_Server(listener) for listener in listeners]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        tasks = [
            asyncio.create_task(server.serve([listener.socket]))
            for server, listener in zip(servers, listeners, strict=True)
        ]
        for task in tasks:  # when one ends, for whatever reason, the others have no use
            task.add_done_callback(lambda _: stop())
        await asyncio.gather(*tasks)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to `serve`: each of several would take them from the others."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(
            uvicorn.Config(
                listener.app,
                access_log=False,
                log_config=None,
                log_level="warning",  # what is served where is said once, in words, by the entry point
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=_GRACE_SECONDS,
                timeout_keep_alive=30,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
