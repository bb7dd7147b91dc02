"""A network between a node and what it depends on, which can be cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65536


class Proxy:
    """Passes TCP connections on to a port of this host. While it is cut they end, and new ones are refused an answer."""

    def __init__(self, to: int, host: str) -> None:
        self._to = to
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.is_cut = False

    def cut(self) -> None:
        """End every connection and let none through."""
        with self._lock:
            self.is_cut = True
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def mend(self) -> None:
        """Let connections through again."""
        self.is_cut = False

    def close(self) -> None:
        """End everything."""
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def serve(self) -> None:
        """Take connections until `close`."""
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._take(near)

    def _take(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._to), timeout=None)
        except OSError:
            near.close()
            return
        with self._lock:
            if self.is_cut:
                near.close()
                far.close()
                return
            self._open |= {near, far}
        threading.Thread(target=_pass, args=(near, far), daemon=True).start()


def _pass(near: socket.socket, far: socket.socket) -> None:
    with near, far:
        back = threading.Thread(target=_pass_on, args=(far, near), daemon=True)
        back.start()
        _pass_on(near, far)
        back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(_CHUNK):
            sink.sendall(part)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(to: int, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """Give a proxy to the port `to` that lets everything through and is reached at `host`; it ends with the block."""
    made = Proxy(to, host)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(5)
