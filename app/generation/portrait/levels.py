"""A warp that grows with one scalar and has a sharp edge in it: worked out at a few openings, blended in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.generation.portrait.face import FloatArray


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the canvas, in whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def grid(self) -> tuple[FloatArray, FloatArray]:
        """Return x and y of each pixel, in canvas pixels."""
        x, y = np.meshgrid(
            np.arange(self.left, self.left + self.width, dtype=np.float32),
            np.arange(self.top, self.top + self.height, dtype=np.float32),
        )
        return x, y


@dataclass(frozen=True, slots=True)
class Levels:
    """What a window shows at evenly spaced openings from 0 to 1; shapes begin with (levels, height, width).

    Attributes:
        shift: where each pixel comes from, relative to itself, in pixels (x, y).
        paint: colour laid over it, 0 to 255.
        cover: how much of that colour, 0 to 1.
    """

    window: Window
    shift: FloatArray
    paint: FloatArray
    cover: FloatArray

    def at(self, opening: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return shift, paint and cover at `opening`, 0 to 1."""
        position = min(max(opening, 0.0), 1.0) * (len(self.shift) - 1)
        index = min(int(position), len(self.shift) - 2)
        rest = np.float32(position - index)
        shift, paint, cover = (
            each[index] + rest * (each[index + 1] - each[index]) for each in (self.shift, self.paint, self.cover)
        )
        return shift, paint, cover
