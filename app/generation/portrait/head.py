"""How the head moves as a whole: smooth fields over head and neck that fade into what stands still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from app.generation.portrait.canvas import SIDE
from app.generation.portrait.face import Face, FloatArray
from app.generation.portrait.levels import Window
from app.generation.portrait.shapes import smooth

# Order of the weights: sideways, down, roll (about the neck), turn and nod (the near parts of the face move most).
POSE: Final = ("aside", "down", "roll", "turn", "nod")
# Face units. The head's ellipse goes from its middle to where the fields have faded to nothing.
_MIDDLE: Final = 0.35
_HALF_WIDTH: Final = 2.1
_HALF_HEIGHT: Final = 3.0
_STILL_CORE: Final = 0.42
_NECK: Final = 2.4
_COARSE: Final = 4


@dataclass(frozen=True, slots=True)
class HeadFields:
    """One field per pose weight over a window, coarse because they are smooth.

    Attributes:
        fields: shape (weights, rows, columns, 2); pixels that a weight of 1 moves, as (x, y).
    """

    window: Window
    fields: FloatArray

    def shift(self, pose: FloatArray) -> FloatArray:
        """Return where each pixel of the window comes from under `pose`, relative to itself, in pixels."""
        coarse = np.tensordot(-pose, self.fields, axes=1)
        size = (self.window.width, self.window.height)
        return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)


def head_fields(face: Face) -> HeadFields:
    """Return the pose fields of `face`, in a window with even sides and corners."""
    window = _window(face)
    x, y = window.grid()
    size = (max(2, window.width // _COARSE), max(2, window.height // _COARSE))
    x, y = (np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), np.float32) for each in (x, y))
    u, v = face.coordinates(x, y)
    radius = np.hypot(u / _HALF_WIDTH, (v - _MIDDLE) / _HALF_HEIGHT)
    held = smooth((1 - radius) / (1 - _STILL_CORE))
    near = held * np.exp(-((u / 0.9) ** 2) - ((v - 0.6) / 1.2) ** 2)
    zero = np.zeros_like(u)
    moves = ((held, zero), (zero, held), (-(v - _NECK) * held, u * held), (near, zero), (zero, near))
    along_u, along_v = face.axes * face.unit
    fields = [moved_u[..., None] * along_u + moved_v[..., None] * along_v for moved_u, moved_v in moves]
    return HeadFields(window, np.asarray(fields, np.float32))


def _window(face: Face) -> Window:
    reach_u, reach_v = _HALF_WIDTH * 1.05, _HALF_HEIGHT * 1.02
    corners = [face.pixels(u, _MIDDLE + v) for u in (-reach_u, reach_u) for v in (-reach_v, reach_v)]
    left, top = (max(0, int(min(each[axis] for each in corners)) // 2 * 2) for axis in (0, 1))
    right, bottom = (min(SIDE, (int(max(each[axis] for each in corners)) // 2 + 1) * 2) for axis in (0, 1))
    return Window(left, top, right - left, bottom - top)
