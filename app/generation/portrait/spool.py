"""Holds drawn frames on disk between animating and encoding."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

import numpy as np

from app.generation.portrait.canvas import Pixels

# About a minute of head and shoulders; a longer video is animated and encoded in rounds of this size.
LARGEST_BYTES: Final = 384 * 1024 * 1024


class Spool:
    """Frames of one shape in a nameless file in `folder`: nothing is left behind, however the process ends.

    Attributes:
        capacity: how many frames fit.
    """

    def __init__(self, folder: Path, shape: tuple[int, int], largest_bytes: int = LARGEST_BYTES) -> None:
        self._shape = shape
        self.capacity = max(1, largest_bytes // (shape[0] * shape[1]))
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def rewind(self) -> None:
        """Begin anew; what was written is overwritten."""
        self._file.seek(0)

    def write(self, frame: Pixels) -> None:
        """Append one frame.

        Raises:
            OSError: the disk is full.
        """
        self._file.write(frame.tobytes())

    def read(self, frames: int) -> Iterator[Pixels]:
        """Yield the first `frames` frames."""
        self._file.seek(0)
        height, width = self._shape
        for _ in range(frames):
            data = self._file.read(height * width)
            yield cast("Pixels", np.frombuffer(data, np.uint8).reshape(height, width))
