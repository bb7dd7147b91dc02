"""A blink: the upper lid's skin is drawn down over the eye, with the lashes as its edge."""

from __future__ import annotations

from typing import Final

import numpy as np

from app.generation.portrait.canvas import SIDE, Pixels
from app.generation.portrait.face import Face, FloatArray
from app.generation.portrait.levels import Levels, Window
from app.generation.portrait.shapes import smooth

LEVELS: Final = 7
# Face units: half the opening's width, and where the lids lie above and below the pupil.
_HALF_WIDTH: Final = 0.27
_UPPER: Final = -0.1
_LOWER: Final = 0.075
_LID: Final = 0.1
_SEARCH: Final = (0.05, 0.22)
_LASH: Final = 0.022
_LASH_SHARE: Final = 0.25


def eyelid_levels(canvas: Pixels, face: Face) -> tuple[Levels, ...]:
    """Return both lids' warp, from open to shut; nothing where the eyes were not made out."""
    if not face.eyes_seen:
        return ()
    return tuple(_lid(canvas, face, side) for side in (-0.5, 0.5))


def _lid(canvas: Pixels, face: Face, side: float) -> Levels:
    window = _window(face, side)
    u, v = face.coordinates(*window.grid())
    across = np.clip((u - side) / _HALF_WIDTH, -1, 1)
    arch = (1 - across**2) ** 0.75
    top, bottom = _opening(canvas, face, side)
    # Lids meet in the corners of the eye, a little below the pupil.
    corner = 0.25 * bottom
    upper, lower = corner + (top - corner) * arch, corner + (bottom - corner) * arch
    crease = np.minimum(top - _LID, upper - 0.02)
    lash = _dark(canvas, face, side)
    shifts, covers = [], []
    for shut in np.linspace(0, 1, LEVELS, dtype=np.float32):
        edge = upper + shut * (lower - upper)
        stretched = crease + (v - crease) * (upper - crease) / (edge - crease)
        lid = (v > crease) & (v <= edge)
        fade = smooth(1.6 * arch)
        from_v = np.where(lid, v + (stretched - v) * fade, v)
        shifts.append((from_v - v)[..., None] * face.axes[1] * face.unit)
        line = np.clip(1 - np.abs(v - edge) / _LASH, 0, 1) * fade
        covers.append(0.75 * shut * line)
    paint = np.broadcast_to(lash, (LEVELS, *u.shape, 3))
    return Levels(window, np.asarray(shifts, np.float32), np.asarray(paint, np.float32), np.asarray(covers, np.float32))


def _window(face: Face, side: float) -> Window:
    corners = [face.pixels(side + u, v) for u in (-0.32, 0.32) for v in (-0.3, 0.2)]
    left, top = (max(0, int(min(each[axis] for each in corners))) for axis in (0, 1))
    right, bottom = (min(SIDE, int(max(each[axis] for each in corners)) + 1) for axis in (0, 1))
    return Window(left, top, right - left, bottom - top)


def _opening(canvas: Pixels, face: Face, side: float) -> tuple[float, float]:
    """Return where skin begins above and below the pupil; adult proportions where that cannot be seen."""
    steps = np.arange(_SEARCH[0], _SEARCH[1], 0.01)
    skin = 0.8 * np.median([_light(canvas, face, side + u, v) for u in (-0.1, 0.0, 0.1) for v in (0.28, 0.32, 0.36)])
    above = next((-v for v in steps if _light(canvas, face, side, -v) > skin), _UPPER)
    below = next((v for v in steps if _light(canvas, face, side, v) > skin), _LOWER)
    return float(above), float(below)


def _light(canvas: Pixels, face: Face, u: float, v: float) -> float:
    x, y = face.pixels(u, v)
    row, column = int(np.clip(y, 1, SIDE - 2)), int(np.clip(x, 1, SIDE - 2))
    return float(canvas[row - 1 : row + 2, column - 1 : column + 2].mean())


def _dark(canvas: Pixels, face: Face, side: float) -> FloatArray:
    """Return the colour of the lashes: that of the darkest quarter of the eye."""
    x, y = face.pixels(side, 0)
    reach = max(3, round(0.15 * face.unit))
    row, column = int(np.clip(y, reach, SIDE - reach)), int(np.clip(x, reach, SIDE - reach))
    patch = canvas[row - reach : row + reach, column - reach : column + reach].reshape(-1, 3).astype(np.float32)
    darkest = patch[np.argsort(patch.sum(axis=1))[: max(1, int(_LASH_SHARE * len(patch)))]]
    colour: FloatArray = darkest.mean(axis=0)
    return colour
