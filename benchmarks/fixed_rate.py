# ruff: noqa: INP001 - a folder of scripts, no package
"""Requests at a fixed rate, whether the server keeps up or not.

A request is due at its time. What it waits because the answers before it are late belongs to its latency, as it would
for the user who sent it; a client that sends the next request only after the answer before would leave that out.
"""

from __future__ import annotations

import gc
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

#: More than the answers that are outstanding at any moment, unless the server stalls for long.
CONNECTIONS = 64
_PATIENCE = 30.0


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self._got = b""

    def fileno(self) -> int:
        return self.socket.fileno()

    def answered(self) -> bool:
        """Read, and return whether the answer is whole. Raises RuntimeError for any but a good one."""
        data = self.socket.recv(65536)
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not data or (end and not head.startswith(b"HTTP/1.1 200")):
            raise RuntimeError(f"the server answered {head[:60]!r}")
        if not end:
            return False
        after = head.index(b"content-length: ") + 16
        if len(body) < int(head[after : after + 8].partition(b"\r")[0]):
            return False
        self._got = b""
        return True


class Load:
    """Sends `requests` in turns over connections that stay open."""

    def __init__(self, port: int, requests: tuple[bytes, ...]) -> None:
        self._requests = requests
        self._idle = [_Connection(port) for _ in range(CONNECTIONS)]
        self._busy: set[_Connection] = set()

    def run(self, rate: float, seconds: float) -> list[float]:
        """Return the seconds from when each request was due to the last byte of its answer."""
        latencies: list[float] = []
        total, sent = int(rate * seconds), 0
        began = time.perf_counter() + 0.01
        while len(latencies) < total:
            now = time.perf_counter()
            while sent < total and self._idle and began + sent / rate <= now:
                self._send(began + sent / rate, self._requests[sent % len(self._requests)])
                sent += 1
            wait = began + sent / rate - now if self._idle and sent < total else _PATIENCE
            # Not epoll: its timeout counts milliseconds, this one microseconds.
            ready, _, _ = select.select(self._busy, (), (), max(0.0, wait))
            if not ready and wait == _PATIENCE:
                raise TimeoutError("the server does not answer")
            latencies.extend(time.perf_counter() - each.due for each in ready if self._is_answered(each))
        return latencies

    def _send(self, due: float, request: bytes) -> None:
        connection = self._idle.pop()
        connection.due = due
        self._busy.add(connection)
        connection.socket.sendall(request)

    def _is_answered(self, connection: _Connection) -> bool:
        if not connection.answered():
            return False
        self._busy.discard(connection)
        self._idle.append(connection)
        return True

    def close(self) -> None:
        for connection in (*self._idle, *self._busy):
            connection.socket.close()


@contextmanager
def load(port: int, requests: tuple[bytes, ...]) -> Iterator[Load]:
    """Yield a `Load`; meanwhile this process collects no garbage, which would count as the server's delay."""
    opened = Load(port, requests)
    with ExitStack() as stack:
        stack.callback(opened.close)
        gc.collect()
        gc.disable()
        stack.callback(gc.enable)
        yield opened


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
