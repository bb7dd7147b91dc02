"""Everything about one portrait that does not change from frame to frame, and how it is seen in one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.generation.portrait.canvas import Pixels
from app.generation.portrait.eyelids import eyelid_levels
from app.generation.portrait.face import Face, FloatArray
from app.generation.portrait.head import HeadFields, head_fields
from app.generation.portrait.levels import Levels
from app.generation.portrait.mouth import mouth_levels

_WIDEN: Final = 0.07


@dataclass(frozen=True, slots=True)
class Figure:
    """A portrait ready to be moved.

    Attributes:
        canvas: the still picture in RGB.
        spread: sideways shift of the mouth's window at full widening, in pixels (x, y).
    """

    canvas: Pixels
    mouth: Levels
    spread: FloatArray
    lids: tuple[Levels, ...]
    head: HeadFields


def figure(canvas: Pixels, face: Face) -> Figure:
    """Return the fields of `face` in `canvas`."""
    mouth = mouth_levels(canvas, face)
    return Figure(canvas, mouth, _spread(face, mouth), eyelid_levels(canvas, face), head_fields(face))


def _spread(face: Face, mouth: Levels) -> FloatArray:
    u, v = face.coordinates(*mouth.window.grid())
    across = u - face.mouth_u
    near = np.exp(-((across / 0.6) ** 2) - ((v - face.mouth_v) / 0.3) ** 2)
    spread: FloatArray = (-_WIDEN * across * near)[..., None] * face.axes[0] * face.unit
    return spread
