"""A process answers the others: whoever connects to its socket makes it write its figures anew."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from telemetry.exposition._listening import SOCKET

_DONE: Final = b"1"
_BACKLOG: Final = 64
_PAUSE: Final = 0.05
_LONGEST_PATH: Final = 100  # of a socket's 108 bytes on Linux, 104 elsewhere


class Answering:
    """A thread that calls `write` for whoever asks, until `close`."""

    def __init__(self, folder: Path, member: str, write: Callable[[], None]) -> None:
        self._folder = folder
        self._member = member
        self._write = write
        self._closing = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _reachable(folder, member) as path:
            self._socket.bind(path)
        self._socket.listen(_BACKLOG)
        self._thread = threading.Thread(target=self._run, name="plainview-processes", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            _connected(self._folder, self._member).close()  # wakes the thread
        self._thread.join(1)
        self._socket.close()

    def drop(self) -> None:
        """Let go of the socket in a forked child, where there is no thread."""
        self._socket.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                asking, _ = self._socket.accept()
                with asking:
                    if not self._closing.is_set():
                        self._write()
                        asking.send(_DONE)
            except OSError:
                self._closing.wait(_PAUSE)  # no descriptor or no space left, or nobody there any more to be told


def ask(folder: Path, members: Iterable[str], deadline: timedelta) -> set[str]:
    """Make all of `members` write their figures at once; return those who have done so before `deadline` is over."""
    end = time.monotonic() + deadline.total_seconds()
    done: set[str] = set()
    with contextlib.ExitStack() as stack:
        waiting = stack.enter_context(selectors.DefaultSelector())
        for member in members:
            with contextlib.suppress(OSError):
                waiting.register(stack.enter_context(_connected(folder, member)), selectors.EVENT_READ, member)
        while waiting.get_map() and (left := end - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                waiting.unregister(key.fileobj)
                with contextlib.suppress(OSError):
                    if os.read(key.fd, 1) == _DONE:
                        done.add(key.data)
    return done


def _connected(folder: Path, member: str) -> socket.socket:
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        found.setblocking(False)  # a process that hangs may have a full queue of those who ask
        with _reachable(folder, member) as path:
            found.connect(path)
    except OSError:
        found.close()
        raise
    return found


@contextmanager
def _reachable(folder: Path, member: str) -> Iterator[str]:
    """Give the path of a member's socket in a form that is short enough."""
    path = folder / f"{member}{SOCKET}"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{path.name}"
    finally:
        os.close(fd)
