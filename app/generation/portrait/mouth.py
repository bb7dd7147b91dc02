"""The mouth as a function of how far the jaw is open.

Above the lip line the picture stays, with the upper lip lifted a little; below it lip, chin and cheeks go down with the
jaw and the neck takes up the rest; between the two the inside of the mouth shows.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from app.generation.portrait.canvas import SIDE, Pixels
from app.generation.portrait.face import Face, FloatArray
from app.generation.portrait.levels import Levels, Window
from app.generation.portrait.shapes import bell, smooth

LEVELS: Final = 12
# In face units. An adult's pupils are 63 mm apart, and loud speech parts the lips by some 12 mm.
GAP: Final = 0.19
_LIFT: Final = 0.16
_JAW_HALF_WIDTH: Final = 1.0
_CHIN_SHARE: Final = 0.8
_NECK: Final = 0.6
_STEPS: Final = 8
_THROAT: Final = np.array((38, 14, 16), np.float32)
_TONGUE: Final = np.array((128, 58, 58), np.float32)
_LIT_SKIN: Final = np.array((215, 175, 150), np.float32)
_SKIN_CHROMA: Final = 25.0


def mouth_levels(canvas: Pixels, face: Face) -> Levels:
    """Return the mouth's warp and inside at `LEVELS` openings."""
    window = _window(face)
    u, v = face.coordinates(*window.grid())
    skin = _skin(canvas, face)
    shifts, paints, covers = [], [], []
    for opening in np.linspace(0, GAP, LEVELS, dtype=np.float32):
        lower, upper = _below(face, u, v, opening), _above(face, u, v, opening)
        line = face.lip_line(u)
        gap_above, gap_below = (upper - line) * face.unit, (line - lower) * face.unit
        parted = np.clip(gap_above + gap_below, 0, 1)  # outside the lips nothing parts, and no seam may show
        inside = parted * np.clip(gap_above + 0.5, 0, 1) * np.clip(gap_below + 0.5, 0, 1)
        from_v = np.where(gap_below <= gap_above, lower, upper)
        shifts.append((from_v - v)[..., None] * face.axes[1] * face.unit)
        covers.append(inside)
        paints.append(_toned(_inside(face, u, gap_above, gap_below, opening), skin))
    return Levels(window, *(np.asarray(each, np.float32) for each in (shifts, paints, covers)))


def _window(face: Face) -> Window:
    corners = [face.pixels(u, v) for u in (-_JAW_HALF_WIDTH, _JAW_HALF_WIDTH) for v in (0.5, face.chin_v + _NECK + 0.1)]
    left, top = (max(0, int(min(each[axis] for each in corners))) for axis in (0, 1))
    right, bottom = (min(SIDE, int(max(each[axis] for each in corners)) + 1) for axis in (0, 1))
    return Window(left, top, right - left, bottom - top)


def _below(face: Face, u: FloatArray, v: FloatArray, opening: np.float32) -> FloatArray:
    """Return where the pixels of the lower part come from, by undoing the movement step by step."""
    source = v
    for _ in range(_STEPS):
        source = v - opening * _drop(face, u, source)
    return source


def _drop(face: Face, u: FloatArray, v: FloatArray) -> FloatArray:
    line = face.lip_line(u)
    lip = _lip_profile(face, u)
    to_chin = smooth((v - line) / (0.8 * (face.chin_v - face.mouth_v)))
    narrowing = 1 - 0.3 * smooth((v - face.mouth_v) / (face.chin_v - face.mouth_v))
    jaw = _CHIN_SHARE * bell((u - face.mouth_u) / (_JAW_HALF_WIDTH * narrowing))
    below_chin = 1 - smooth((v - face.chin_v) / _NECK)
    drop: FloatArray = (lip + (jaw - lip) * to_chin) * below_chin
    return drop


def _above(face: Face, u: FloatArray, v: FloatArray, opening: np.float32) -> FloatArray:
    lift = _LIFT * _lip_profile(face, u)
    near = smooth((v - face.lip_line(u) + 0.34) / 0.3)
    source: FloatArray = v + opening * lift * near
    return source


def _inside(face: Face, u: FloatArray, gap_above: FloatArray, gap_below: FloatArray, opening: np.float32) -> FloatArray:
    """Return the colour of the open mouth: dark, a tongue at the bottom, darker towards the corners."""
    depth = np.clip(gap_above / np.maximum(gap_above + gap_below, 1e-3), 0, 1)
    across = np.clip((u - face.mouth_u) / face.mouth_half_width, -1, 1)
    tongue = (smooth((depth - 0.45) / 0.5) * (1 - across**2) * (0.35 + 0.65 * opening / GAP))[..., None]
    colour: FloatArray = (_THROAT + tongue * (_TONGUE - _THROAT)) * (0.55 + 0.45 * (1 - across**2))[..., None]
    return colour


def _toned(colour: FloatArray, skin: FloatArray) -> FloatArray:
    """Return `colour` in the light of the picture: as dark as its skin, and grey where the picture is."""
    chroma = min(1.0, float(np.ptp(skin)) / _SKIN_CHROMA)
    grey = colour.mean(axis=-1, keepdims=True)
    light = np.clip(skin / _LIT_SKIN, 0.35, 1.1)
    light = light.mean() + chroma * (light - light.mean())
    toned: FloatArray = (grey + chroma * (colour - grey)) * light
    return toned


def _skin(canvas: Pixels, face: Face) -> FloatArray:
    """Return the mean colour around the nose."""
    x, y = face.pixels(0, 0.55)
    reach = max(2, round(0.25 * face.unit))
    row, column = int(np.clip(y, reach, SIDE - reach)), int(np.clip(x, reach, SIDE - reach))
    patch = canvas[row - reach : row + reach, column - reach : column + reach]
    skin: FloatArray = patch.reshape(-1, 3).mean(axis=0, dtype=np.float32)
    return skin


def _lip_profile(face: Face, u: FloatArray) -> FloatArray:
    if not face.found:
        return np.zeros_like(u)  # a mouth cut in the wrong place is worse than none: only the jaw moves
    across = (u - face.mouth_u) / face.mouth_half_width
    profile: FloatArray = np.clip(1 - across**2, 0, 1).astype(np.float32)
    return profile
