"""One running process of the stack: its own process group, its output in a log, gone when the supervisor is."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from stack.native import processes
from stack.native.logfile import LogFile

PR_SET_PDEATHSIG = 1
DRAIN_SECONDS = 1.0
CHUNK_BYTES = 64 * 1024


class Child:
    """A started process; make one with `start`."""

    def __init__(self, process: asyncio.subprocess.Process, output: asyncio.Task[None]) -> None:
        self.pid = process.pid
        self.start_time = processes.start_time(process.pid) or 0
        self._process = process
        self._output = output
        self._born = time.monotonic()

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str], folder: Path, log: LogFile) -> Self:
        """Start `command` in `folder` with exactly `environment`; raises OSError when it cannot be."""
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            process_group=0,
            preexec_fn=_die_with_parent(),
        )
        if process.stdout is None:
            raise RuntimeError("the process has no output pipe")
        return cls(process, asyncio.create_task(_copy(process.stdout, log)))

    @property
    def lived_seconds(self) -> float:
        return time.monotonic() - self._born

    async def wait(self) -> int:
        """Return the exit code once the process ended and its output is in the log; negative means a signal."""
        code = await self._process.wait()
        # What it started may outlive it and keep the pipe open; its own words are in there by then.
        processes.kill_group(self.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._output, DRAIN_SECONDS)
        return code

    def send(self, signum: signal.Signals) -> None:
        """Signal the process and what it started."""
        processes.kill_group(self.pid, signum)


async def _copy(output: asyncio.StreamReader, log: LogFile) -> None:
    while data := await output.read(CHUNK_BYTES):
        # Whatever is wrong with the log: a pipe that nobody reads would stop the part.
        with contextlib.suppress(Exception):
            log.write(data)


def _die_with_parent() -> Callable[[], None] | None:
    """Return what the child runs before the program: the kernel shall kill it when this process ends, however."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the supervisor died between fork and prctl
            os._exit(1)

    return prepare
