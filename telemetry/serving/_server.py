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
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from telemetry.serving._crowd import Crowd
from telemetry.serving._leaving import last_in_line, let_in, until_quiet
from telemetry.serving._listening import make_room
from telemetry.serving._protocol import BoundedProtocol, count_from_zero
from telemetry.serving._watch import Watch
from telemetry.serving.clients import Clients

# Longer than the time between two scrapes or two polls of a page: none of them meets a connection that is just closing.
_KEEP_ALIVE: Final = timedelta(seconds=30)
_CLOSE: Final = (b"connection", b"close")


class StartFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """An application whose start-up failed; the log has the reason."""


@dataclass(frozen=True)
class Stop:
    """How a server ends after SIGTERM or SIGINT; see `serve`."""

    grace: timedelta
    drain: timedelta = timedelta(0)
    told: Callable[[], None] = lambda: None
    begun: Callable[[], None] = lambda: None


def serve(  # noqa: PLR0913 - how one server differs from another, by name
    app: ASGIApp,
    listener: socket.socket,
    *,
    grace: timedelta,
    drain: timedelta = timedelta(0),
    websockets: bool = False,
    clients: Clients | None = None,
    started: Callable[[], None] = lambda: None,
    stopping: Callable[[], None] = lambda: None,
    told_to_stop: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests on `listener` until SIGTERM or SIGINT; requests under way then have `grace` to finish.

    No access line, no Server header. A second SIGINT waits for nothing. Call it from the main thread.

    Args:
        app: any ASGI application.
        listener: where to answer, see `bind`.
        grace: time for requests under way once no more are taken.
        drain: how long requests are still taken after the signal, so that whoever sends them can learn to send them
            elsewhere; a second signal ends it.
        websockets: whether WebSockets are answered too.
        clients: what clients may take, and which of them are proxies whose word is taken for who the client is and
            whether it came over TLS; without it nothing is bounded, and FORWARDED_ALLOW_IPS names proxies as with uvicorn.
        started: called once the lifespan has begun and requests are answered.
        told_to_stop: called when the first signal comes, before anything else happens; from a signal handler.
        stopping: called in the event loop when the server is told to stop, before it waits for requests under way.

    Raises:
        StartFailed: the application's lifespan did not begin.
    """
    stop = Stop(grace, drain, told_to_stop, stopping)
    _serve([_Server(app, stop, websockets=websockets, clients=clients, started=started)], [listener])


def serve_all(
    served: Sequence[tuple[ASGIApp, socket.socket]], *, grace: timedelta, clients: Clients | None = None
) -> None:
    """Serve several applications in one event loop, as `serve` does one; when one ends, all are stopped.

    Raises:
        StartFailed: the lifespan of one did not begin.
    """
    _serve([_Server(app, Stop(grace), clients=clients) for app, _ in served], [listener for _, listener in served])


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
    def told(number: int, _frame: FrameType | None) -> None:
        for server in servers:
            server.force_exit |= server.should_exit and number == signal.SIGINT
            server.told_to_stop()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to `serve_all`, and looks after its clients."""

    def __init__(
        self,
        app: ASGIApp,
        stop: Stop,
        *,
        websockets: bool = False,
        clients: Clients | None = None,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._once_started = started
        self._stop = stop
        self._ends_at: float | None = None
        self._watch = Watch(clients) if clients else None
        if clients:
            make_room(clients.most)
            count_from_zero()
        proxies = list(clients.proxies) if clients else []
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                log_level="warning",  # what listens where is said once, by the entry point
                server_header=False,
                # Its own default, which an app of somebody else's keeps, believes everybody on this host.
                proxy_headers=clients is None or bool(proxies),
                forwarded_allow_ips=None if clients is None else proxies,
                http=partial(BoundedProtocol, crowd=Crowd(clients)) if clients else "auto",  # type: ignore[arg-type]
                ws="auto" if websockets else "none",
                timeout_graceful_shutdown=max(1, round(stop.grace.total_seconds())),
                timeout_keep_alive=round(_KEEP_ALIVE.total_seconds()),
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._once_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stop.begun()
        late = last_in_line(sockets or [])
        for listening in self.servers:
            listening.close()
        for listener in sockets or []:
            listener.close()
        await let_in(late, self._protocol)
        await until_quiet(self.server_state.connections)
        await super().shutdown()

    def _protocol(self) -> asyncio.Protocol:
        given = {"config": self.config, "server_state": self.server_state, "app_state": self.lifespan.state}
        return self.config.http_protocol_class(**given)

    async def main_loop(self) -> None:
        with self._watch.over(self.server_state.connections) if self._watch else nullcontext():
            await super().main_loop()

    async def on_tick(self, counter: int) -> bool:
        if self._ends_at is not None and monotonic() >= self._ends_at:
            self.should_exit = True
        ends = await super().on_tick(counter)
        headers = self.server_state.default_headers
        if self._ends_at is not None and _CLOSE not in headers:
            # A client that kept its connection would send its next request just as the connection ends.
            headers.append(_CLOSE)
        return ends

    def told_to_stop(self) -> None:
        """Begin to end; a second call ends at once."""
        if self._ends_at is None:
            self._stop.told()
            self._ends_at = monotonic() + self._stop.drain.total_seconds()
            self.should_exit = not self._stop.drain
        else:
            self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal, and raise none again."""
        yield
