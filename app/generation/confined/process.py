"""One helper process: its pipes, and how long its answer is waited for."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).resolve().parents[3]
_MOST_ANSWER_BYTES: Final = 64 * 1024
# Nothing of this process' environment: there may be secrets in it. One arena keeps the bound of memory near what is used.
_ENVIRONMENT: Final = {"PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "1", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}


class HelperGoneError(Exception):
    """The helper ended without a word about the request."""


class Helper:
    """A helper that is running.

    Attributes:
        is_usable: whether it can be asked again.
    """

    def __init__(self) -> None:
        self.is_usable = True
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.generation.confined.helper"],
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # ended together with the child that it waits for
        )

    def ask(self, request: bytes, seconds: float) -> dict[str, Any]:
        """Return all that was said about the request; without `ended` when it took longer than `seconds`.

        Raises:
            HelperGoneError: it had ended before.
        """
        deadline = time.monotonic() + seconds
        try:
            os.write(self._fileno("stdin"), request)
        except BrokenPipeError as error:
            self.is_usable = False
            raise HelperGoneError from error
        answers = select.poll()
        answers.register(self._fileno("stdout"), select.POLLIN)
        said: dict[str, Any] = {}
        pending = b""
        while "ended" not in said:
            ready = answers.poll(max(0.0, deadline - time.monotonic()) * 1000)
            chunk = os.read(self._fileno("stdout"), 65536) if ready else b""
            if not chunk or len(pending) > _MOST_ANSWER_BYTES:
                self.is_usable = False
                if ready and not said:
                    raise HelperGoneError
                return said
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                said |= _parsed(line)
        return said

    def end(self) -> None:
        """End the process and its child, if they have not ended."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def _fileno(self, pipe: str) -> int:
        number: int = getattr(self._process, pipe).fileno()
        return number


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
