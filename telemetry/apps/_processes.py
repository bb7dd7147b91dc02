"""The parent of several processes that serve one app, or of one that starts again when the app's files change.

It opens nothing but the listening socket, which its children inherit: connections wait there while a child is away. A
child that ends by itself is started again; one that cannot use its app ends all, unless files are watched.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Final

from telemetry.apps._errors import UNUSABLE

_LOOK_SECONDS: Final = 0.2
_FIRST_DELAY_SECONDS: Final = 0.5
_LONGEST_DELAY_SECONDS: Final = 30.0
_STEADY_SECONDS: Final = 60.0
# More than a child's own grace for requests under way.
_STOP: Final = timedelta(seconds=28)


class _Child:
    """One serving process and its successors."""

    def __init__(self, command: Sequence[str], listener: socket.socket) -> None:
        self._command = command
        self._listener = listener
        self._delay = 0.0
        self._start_at = 0.0
        self._began = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def look(self) -> int | None:
        """Start it where there is none, and return how it ended if it did since the last look."""
        if self.process is None:
            if time.monotonic() >= self._start_at:
                self._start()
            return None
        code = self.process.poll()
        if code is not None:
            lived = time.monotonic() - self._began
            self._delay = (
                _FIRST_DELAY_SECONDS if lived > _STEADY_SECONDS else max(_FIRST_DELAY_SECONDS, self._delay * 2)
            )
            self._start_at = time.monotonic() + min(self._delay, _LONGEST_DELAY_SECONDS)
            self.process = None
        return code

    def again(self) -> None:
        """Start it at once at the next look."""
        self._delay = self._start_at = 0.0

    def _start(self) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen(self._command, pass_fds=[self._listener.fileno()])  # noqa: S603 - ourselves


def serve_in_processes(
    command: Sequence[str],
    listener: socket.socket,
    *,
    count: int,
    watched: Path | None = None,
    patience: timedelta = _STOP,
) -> int:
    """Run `command`, which serves on the inherited `listener`, `count` times until SIGTERM or SIGINT.

    With `watched` all are started anew when a Python file below that folder changes. After `patience` those that were
    told to stop are killed. Returns the exit status.
    """
    listener.set_inheritable(True)
    children = [_Child(command, listener) for _ in range(count)]
    stop, changed = threading.Event(), threading.Event()
    with _told_to_stop(stop), _watching(watched, changed, stop):
        try:
            return _tend(children, stop, changed, patience, wait_when_unusable=watched is not None)
        finally:
            # As long as it is open here, connections wait in it that nobody answers; the children see to theirs.
            listener.close()
            _end(children, patience)


def _tend(
    children: Sequence[_Child],
    stop: threading.Event,
    changed: threading.Event,
    patience: timedelta,
    *,
    wait_when_unusable: bool,
) -> int:
    unusable = False
    while not stop.is_set():
        if changed.is_set():
            changed.clear()
            unusable = False
            sys.stderr.write("Files changed: starting the app again.\n")
            _end(children, patience)
            for child in children:
                child.again()
        for child in children if not unusable else ():
            code = child.look()
            if code == UNUSABLE:
                if not wait_when_unusable:
                    return UNUSABLE
                unusable = True
            elif code is not None:
                sys.stderr.write(f"A process of the app ended by itself ({code}); starting another.\n")
        stop.wait(_LOOK_SECONDS)
    return 0


def _end(children: Sequence[_Child], patience: timedelta) -> None:
    """End all children: SIGTERM, and SIGKILL for those that do not end in time."""
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + patience.total_seconds()
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for child in children:
        child.process = None


@contextmanager
def _told_to_stop(stop: threading.Event) -> Iterator[None]:
    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _watching(folder: Path | None, changed: threading.Event, stop: threading.Event) -> Iterator[None]:
    """Set `changed` whenever a Python file below `folder` does."""
    if folder is None:
        yield
        return
    from watchfiles import PythonFilter, watch  # noqa: PLC0415 - comes with uvicorn[standard]; needed with --reload only

    def look() -> None:
        for _ in watch(folder, watch_filter=PythonFilter(), stop_event=stop, raise_interrupt=False):
            changed.set()

    thread = threading.Thread(target=look, name="plainview-reload", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(2)


def die_with_parent() -> None:
    """Have the system end this process when its parent ends, however that does; on Linux only."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415

        parent = os.getppid()
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
