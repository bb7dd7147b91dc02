"""Finds the face in a picture: a cascade for the head, then eyes and lips by their brightness and colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from app.generation.portrait.canvas import SIDE, Pixels, cut
from app.generation.portrait.face import Face
from app.generation.portrait.features import locate_eyes, locate_mouth

_SEARCH_SIDE: Final = 480
_SMALLEST_FACE: Final = 44
# The cascade's box: pupils a third down and 0.46 of its width apart.
_EYES_DOWN: Final = 0.35
_EYES_APART: Final = 0.46
_HEAD_AND_SHOULDERS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float

    @property
    def center(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.width / 2


def frame_face(picture: Pixels) -> tuple[Pixels, Face]:
    """Return the square to show and the face in it; a centred guess if no face is found."""
    box = _largest_face(picture)
    if box is None:
        height, width = picture.shape[:2]
        canvas, _ = cut(picture, (width / 2, height / 2), min(height, width))
        return canvas, _guess()
    # A little below the middle of the face, so that the shoulders are in and the hair is not cut.
    center = (box.center[0], box.center[1] + 0.25 * box.width)
    canvas, (left, top, scale) = cut(picture, center, _HEAD_AND_SHOULDERS * box.width)
    placed = Box((box.x - left) * scale, (box.y - top) * scale, box.width * scale)
    return canvas, _measure(canvas, placed)


def _largest_face(picture: Pixels) -> Box | None:
    from skimage.data import lbp_frontal_face_cascade_filename  # noqa: PLC0415 - brings SciPy, needed once a picture
    from skimage.feature import Cascade  # noqa: PLC0415

    scale = min(1.0, _SEARCH_SIDE / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    short = min(small.shape[:2])
    cascade = Cascade(lbp_frontal_face_cascade_filename())  # type: ignore[no-untyped-call]
    found = cascade.detect_multi_scale(
        img=small, scale_factor=1.15, step_ratio=1, min_size=(_SMALLEST_FACE, _SMALLEST_FACE), max_size=(short, short)
    )
    if not found:
        return None
    largest = max(found, key=lambda each: each["width"])
    return Box(largest["c"] / scale, largest["r"] / scale, largest["width"] / scale)


def _measure(canvas: Pixels, box: Box) -> Face:
    gray = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY), np.uint8)
    row = box.y + _EYES_DOWN * box.width
    half = _EYES_APART / 2 * box.width
    expected = Face((box.center[0] - half, row), (box.center[0] + half, row), eyes_seen=False)
    return locate_mouth(canvas, locate_eyes(gray, expected))


def _guess() -> Face:
    half = 0.09 * SIDE
    return Face((SIDE / 2 - half, 0.4 * SIDE), (SIDE / 2 + half, 0.4 * SIDE), found=False, eyes_seen=False)
