"""The two sides of a generation: what the worker gives (`JobContext`) and what a model is (`Generator`)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable


class Cancelled(Exception):  # noqa: N818 - a request that was honoured, not an error
    """Raised by `JobContext.progress` when the job was cancelled; a generator lets it rise."""


@dataclass(frozen=True, slots=True)
class Generated:
    """Facts of the video that was written.

    Attributes:
        duration_seconds: length of the picture track, `frames / fps`.
        notes: what the person who reads the result should know, for example that no face was found. Empty if nothing.
    """

    duration_seconds: float
    width: int
    height: int
    frames: int
    fps: float
    notes: tuple[str, ...] = ()


class JobContext(Protocol):
    """What a running job sees of its worker."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Return a context that is the span and the timer of one stage; stages follow each other, never nested."""
        ...

    def progress(self, fraction: float) -> None:
        """Report how much of the current stage is done, 0 to 1. This is the cancel point: call it every half second.

        Raises:
            Cancelled: the job was cancelled. Stop, leave nothing behind and let it rise.
        """
        ...


@runtime_checkable
class Generator(Protocol):
    """A model, made once per worker as `Class(device)` and used for one job at a time."""

    @property
    def model(self) -> str:
        """Name of the model as metrics and spans show it, for example `portrait-1`."""
        ...

    def generate(self, image: Path, audio: Path, prompt: str, output: Path, context: JobContext) -> Generated:
        """Write an MP4 (H.264 and AAC) to `output` and return its facts.

        `image` and `audio` passed `app.generation.inputs`, so their headers are sound; their contents may still turn
        out broken, for which `BadInput` is the right answer.
        """
        ...
