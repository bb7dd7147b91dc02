"""The moment in which the doors close: whoever stands in them is answered."""

from __future__ import annotations

import signal
import socket
import threading
import time
from contextlib import ExitStack
from datetime import timedelta

from telemetry.serving import Clients, bind, serve
from tests.telemetry.serving.conftest import application, rest

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_requests_that_come_as_the_server_ends_are_answered():
    """Twenty wait to be taken, one comes on a connection that was kept; a silent one is waited for a little."""
    with ExitStack() as stack, bind("127.0.0.1", 0, "PORT") as listener:
        address = listener.getsockname()[:2]
        waiting: list[socket.socket] = []
        kept = stack.enter_context(socket.create_connection(address))

        def customer() -> None:
            kept.sendall(REQUEST)
            assert kept.recv(1000).startswith(b"HTTP/1.1 200")
            signal.raise_signal(signal.SIGTERM)

        def begun() -> None:
            # In the event loop, which does nothing else meanwhile: these are for what comes after.
            kept.sendall(REQUEST)
            for _ in range(20):
                waiting.append(stack.enter_context(socket.create_connection(address)))
                waiting[-1].sendall(REQUEST)
            stack.enter_context(socket.create_connection(address))

        thread = threading.Thread(target=customer)
        thread.start()
        clients = Clients(100, timedelta(seconds=10), ())
        serve(application, listener, grace=timedelta(seconds=5), clients=clients, stopping=begun)
        ended = time.monotonic()
        thread.join()
        for connection in (kept, *waiting):
            connection.settimeout(5)
            assert b"HTTP/1.1 200" in rest(connection)
        assert time.monotonic() - ended < 5
