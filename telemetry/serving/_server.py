"""One way for every process to answer HTTP: take the address first, serve until told to stop, then return.

`serve` returns where uvicorn alone would end the process by the signal that stopped it, so that what stands around it
unwinds: `with start(...) as telemetry: serve(app, listener, grace=...)` sends the last spans before the process ends
with status 0.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

# Longer than the time between two scrapes or two polls of a page: none of them meets a connection that is just closing.
_KEEP_ALIVE: Final = timedelta(seconds=30)


class StartFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """An application whose start-up failed; the log has the reason."""


def serve(  # noqa: PLR0913 - how one server differs from another, by name
    app: ASGIApp,
    listener: socket.socket,
    *,
    grace: timedelta,
    websockets: bool = False,
    proxies: Sequence[str] = (),
    started: Callable[[], None] = lambda: None,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests on `listener` until SIGTERM or SIGINT; requests under way then have `grace` to finish.

    No access line, no Server header. A second SIGINT waits for nothing. Call it from the main thread.

    Args:
        app: any ASGI application.
        listener: where to answer, see `bind`.
        grace: time for requests under way.
        websockets: whether WebSockets are answered too.
        proxies: addresses and networks whose word is taken for who the client is and whether it came over TLS.
        started: called once the lifespan has begun and requests are answered.
        stopping: called in the event loop when the server is told to stop, before it waits for requests under way.

    Raises:
        StartFailed: the application's lifespan did not begin.
    """
    _serve(
        [_Server(app, grace, websockets=websockets, proxies=proxies, started=started, stopping=stopping)], [listener]
    )


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

    def __init__(  # noqa: PLR0913 - as `serve`
        self,
        app: ASGIApp,
        grace: timedelta,
        *,
        websockets: bool = False,
        proxies: Sequence[str] = (),
        started: Callable[[], None] = lambda: None,
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        self._once_started = started
        self._once_stopping = stopping
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                log_level="warning",  # what listens where is said once, by the entry point
                server_header=False,
                proxy_headers=bool(proxies),  # its own default believes everybody on this host
                forwarded_allow_ips=list(proxies),
                ws="auto" if websockets else "none",
                timeout_graceful_shutdown=max(1, round(grace.total_seconds())),
                timeout_keep_alive=round(_KEEP_ALIVE.total_seconds()),
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._once_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._once_stopping()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal, and raise none again."""
        yield
