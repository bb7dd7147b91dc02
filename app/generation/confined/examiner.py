"""The side that asks: keeps a few helpers, gives each one request at a time, and ends those that take too long."""

from __future__ import annotations

import json
import os
import queue
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from app.generation.confined.bounds import CHECK, DECODE, Bounds
from app.generation.confined.process import Helper, HelperGoneError
from app.generation.inputs import BadInput
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_ALLOWED: Final = {"image": "one still picture as JPEG, PNG or WebP", "audio": "speech as WAV, MP3, FLAC, OGG or M4A"}


class ExaminationFailedError(RuntimeError):
    """The files could not be examined, which says nothing about them."""


class Examiner:
    """Examines files, as many jobs' at a time as it has helpers; calls block. Lives as long as the process.

    Args:
        helpers: processes that may work at the same time.
        observe: is told what each examination said: `ended`, `cpu_seconds`, `peak_bytes` and more, if it came to an end.
    """

    def __init__(self, helpers: int, observe: Callable[[Mapping[str, Any]], None] | None = None) -> None:
        self.helpers = helpers
        self._observe = observe or (lambda _: None)
        self._idle: queue.LifoQueue[Helper | None] = queue.LifoQueue()
        for _ in range(helpers):
            self._idle.put(None)

    def check(self, image: Path, audio: Path, bounds: Bounds = CHECK) -> float:
        """Return the length of the sound in seconds, from headers and packets.

        Raises:
            BadInput: a file cannot be used, or reading it went beyond the bounds.
            ExaminationFailedError: they could not be read here.
        """
        return self._examine(image, audio, bounds)

    def decode(self, image: Path, audio: Path, bounds: Bounds = DECODE) -> float:
        """Decode all of both and return the length of the sound in seconds; raises what `check` does."""
        return self._examine(image, audio, bounds)

    def close(self) -> None:
        """End the helpers that are idle."""
        for _ in range(self.helpers):
            helper = self._idle.get()
            if helper is not None:
                helper.end()

    def _examine(self, image: Path, audio: Path, bounds: Bounds) -> float:
        request = {
            "task": bounds.task,
            "memory": bounds.memory_bytes,
            "cpu": bounds.cpu_seconds,
            "image": str(image.resolve()),
            "audio": str(audio.resolve()),
        }
        said = self._ask(json.dumps(request).encode() + b"\n", bounds)
        self._observe(said)
        if "seconds" in said:
            return float(said["seconds"])
        if "bad" in said:
            raise BadInput(*map(str, said["bad"]))
        raise _judged(said, bounds)

    def _ask(self, request: bytes, bounds: Bounds) -> dict[str, Any]:
        helper = self._idle.get()
        try:
            if helper is not None:
                try:
                    return helper.ask(request, bounds.seconds)
                except HelperGoneError:  # it ended by itself, for want of work
                    helper.end()
            helper = Helper()
            try:
                return helper.ask(request, bounds.seconds)
            except HelperGoneError as error:
                raise ExaminationFailedError("The process that reads files does not start.") from error
        finally:
            if helper is not None and not helper.is_usable:
                helper.end()
                helper = None
            self._idle.put(helper)


def _judged(said: dict[str, Any], bounds: Bounds) -> Exception:
    """Return what it means that the child neither read the files nor refused them."""
    field, ended = str(said.get("reading", "")), said.get("ended")
    if "error" in said or field not in _ALLOWED:
        return ExaminationFailedError(f"The files could not be read: {said.get('error', ended)}")
    if ended == -signal.SIGKILL:
        return ExaminationFailedError("The process that reads files was killed: memory may be short on this host.")
    slow = ended is None or ended == -signal.SIGXCPU
    value = f"more than {bounds.cpu_seconds} s of work" if slow else "a file that ends its reader"
    _log.warning(Event.INPUT_READER_ENDED, field=field, task=bounds.task, status=ended)
    return BadInput(field, value, "The file cannot be read in bounds.", _ALLOWED[field])


@contextmanager
def examining(
    helpers: int = max(2, min(4, os.cpu_count() or 1)), observe: Callable[[Mapping[str, Any]], None] | None = None
) -> Iterator[Examiner]:
    """Give an examiner; its helpers start when they are needed and end with the block."""
    with ExitStack() as stack:
        examiner = Examiner(helpers, observe)
        stack.callback(examiner.close)
        yield examiner
