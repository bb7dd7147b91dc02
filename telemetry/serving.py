"""One way for every process to answer HTTP: take the address first, serve until told to stop, then return.

`serve` returns where uvicorn alone would end the process by the signal that stopped it, so that what stands around it
unwinds: `with start(...) as telemetry: serve(app, listener, grace=...)` sends the last spans before the process ends
with status 0.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

_BACKLOG: Final = 2048
# Longer than the time between two scrapes or two polls of a page: none of them meets a connection that is just closing.
_KEEP_ALIVE: Final = timedelta(seconds=30)


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


class StartFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """An application whose start-up failed; the log has the reason."""


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


def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    grace: timedelta,
    websockets: bool = False,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests on `listener` until SIGTERM or SIGINT; requests under way then have `grace` to finish.

    No access line, no Server header. A second SIGINT waits for nothing. Call it from the main thread.

    Args:
        app: any ASGI application.
        listener: where to answer, see `bind`.
        grace: time for requests under way.
        websockets: whether WebSockets are answered too.
        started: called once the lifespan has begun and requests are answered.

    Raises:
        StartFailed: the application's lifespan did not begin.
    """
    _serve([_Server(app, grace, websockets=websockets, started=started)], [listener])


def serve_all(served: Sequence[tuple[ASGIApp, socket.socket]], *, grace: timedelta) -> None:
    """Serve several applications in one event loop, as `serve` does one; when one ends, all are stopped.

    Raises:
        StartFailed: the lifespan of one did not begin.
    """
    _serve([_Server(app, grace) for app, _ in served], [listener for _, listener in served])


def _serve(servers: Sequence[_Server], listeners: Sequence[socket.socket]) -> None:
    with (
        _told_to_stop(servers),
        asyncio.Runner(loop_factory=servers[0].config.get_loop_factory()) as runner,
    ):
        runner.run(_together(servers, listeners))


async def _together(servers: Sequence[_Server], listeners: Sequence[socket.socket]) -> None:
    async def run(server: _Server, listener: socket.socket) -> None:
        try:
            await server.serve([listener])
        except SystemExit as error:  # uvicorn's way to say that the lifespan failed
            raise StartFailed("the application could not start; its log has the reason") from error
        finally:
            for other in servers:
                other.should_exit = True

    ended = await asyncio.gather(*map(run, servers, listeners), return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome


@contextmanager
def _told_to_stop(servers: Sequence[_Server]) -> Iterator[None]:
    def stop(number: int, _frame: FrameType | None) -> None:
        for server in servers:
            server.force_exit |= server.should_exit and number == signal.SIGINT
            server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to `serve_all`."""

    def __init__(
        self,
        app: ASGIApp,
        grace: timedelta,
        *,
        websockets: bool = False,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._once_started = started
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                log_level="warning",  # what listens where is said once, by the entry point
                server_header=False,
                ws="auto" if websockets else "none",
                timeout_graceful_shutdown=max(1, round(grace.total_seconds())),
                timeout_keep_alive=round(_KEEP_ALIVE.total_seconds()),
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._once_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal, and raise none again."""
        yield
