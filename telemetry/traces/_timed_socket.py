"""A socket whose steps all end by one deadline, in the shape that http.client needs."""

import io
from collections.abc import Callable
from typing import Any


class TimedSocket:
    """A socket as http.client uses it, each step of which takes at most `remaining()` seconds."""

    def __init__(self, plain: Any, remaining: Callable[[], float]) -> None:
        self._plain = plain
        self._remaining = remaining
        self._files = 0
        self._closing = False
        self.fileno = plain.fileno

    def sendall(self, data: bytes) -> None:
        self._plain.settimeout(self._remaining())
        self._plain.sendall(data)

    def receive(self, into: Any) -> int:
        self._plain.settimeout(self._remaining())
        return int(self._plain.recv_into(into))

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._files += 1
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """Close, or leave that to the last file: http.client closes the socket of an answer that it has yet to read."""
        self._closing = True
        if not self._files:
            self._plain.close()

    def file_closed(self) -> None:
        self._files -= 1
        if self._closing:
            self.close()


class _Incoming(io.RawIOBase):
    def __init__(self, timed: TimedSocket) -> None:
        self._timed = timed

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._timed.file_closed()

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        return self._timed.receive(into)
