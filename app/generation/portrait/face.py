"""Where a face is in the canvas, and the coordinates that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
AnyFloats = NDArray[np.floating]

# Adult proportions, in units of the distance between the pupils.
EYES_TO_MOUTH: Final = 1.08
MOUTH_TO_CHIN: Final = 0.62
MOUTH_HALF_WIDTH: Final = 0.45


@dataclass(frozen=True, slots=True)
class Face:
    """A face in canvas pixels, and its mouth in face units.

    Face coordinates (u, v) begin between the pupils, u along the line from the left to the right pupil of the picture,
    v down towards the chin; their unit is the distance between the pupils.

    Attributes:
        left_eye, right_eye: pupils as (x, y) in pixels.
        mouth_v: where the lips part, on the middle line.
        mouth_u: sideways position of the middle of the mouth.
        smile: how far the corners lie above `mouth_v`, at `mouth_half_width`.
        found: False if this is only a guess; no mouth is cut into it then.
        eyes_seen: True if both eyes were made out, so that they may blink.
    """

    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    mouth_v: float = EYES_TO_MOUTH
    mouth_u: float = 0.0
    mouth_half_width: float = MOUTH_HALF_WIDTH
    smile: float = 0.0
    chin_v: float = EYES_TO_MOUTH + MOUTH_TO_CHIN
    found: bool = True
    eyes_seen: bool = True

    @property
    def unit(self) -> float:
        """Distance between the pupils in pixels."""
        return float(np.hypot(*self._along()))

    @property
    def axes(self) -> FloatArray:
        """Return the two unit vectors of u and v in pixels, as rows."""
        along = np.asarray(self._along(), np.float32) / self.unit
        axes: FloatArray = np.array([along, (-along[1], along[0])], np.float32)
        return axes

    def coordinates(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return (u, v) of the pixels (x, y)."""
        origin = (np.asarray(self.left_eye) + np.asarray(self.right_eye)) / 2
        axes = self.axes
        dx, dy = (x - origin[0]) / self.unit, (y - origin[1]) / self.unit
        u = axes[0, 0] * dx + axes[0, 1] * dy
        v = axes[1, 0] * dx + axes[1, 1] * dy
        return u.astype(np.float32), v.astype(np.float32)

    def pixels(self, u: float, v: float) -> tuple[float, float]:
        """Return the pixel position of the face coordinates (u, v)."""
        origin = (np.asarray(self.left_eye) + np.asarray(self.right_eye)) / 2
        x, y = origin + self.unit * (u * self.axes[0] + v * self.axes[1])
        return float(x), float(y)

    def lip_line(self, u: FloatArray) -> FloatArray:
        """Return v of the line on which the lips part: a parabola that rises to the corners of a smile."""
        across = np.clip((u - self.mouth_u) / self.mouth_half_width, -1.6, 1.6)
        line: FloatArray = (self.mouth_v - self.smile * across**2).astype(np.float32)
        return line

    def _along(self) -> tuple[float, float]:
        return self.right_eye[0] - self.left_eye[0], self.right_eye[1] - self.left_eye[1]
