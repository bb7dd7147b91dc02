"""Makes out eyes and lips near where a face has them. Each step keeps the expectation when it sees nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.generation.portrait.canvas import Pixels
from app.generation.portrait.face import MOUTH_TO_CHIN, Face, FloatArray

_SCALE: Final = 64  # samples per face unit in the patches looked at
_EYE_REACH: Final = 0.34
_EYE_CONTRAST: Final = 10.0
_SPOTS: Final = 4
_MOST_TILT: Final = 0.45
_TILT: Final = 0.3
_APART: Final = 0.22
# What is tried for the line between the lips, in face units.
_HALF_WIDTHS: Final = (0.36, 0.44, 0.52)
_SMILES: Final = tuple(step * 0.02 for step in range(-3, 10))
_HEIGHTS: Final = tuple(0.9 + step * 0.015 for step in range(30))
_MOUTH_ROWS: Final = (0.78, 1.42)
_MOUTH_COLUMNS: Final = 0.62


def locate_eyes(gray: NDArray[np.uint8], expected: Face) -> Face:
    """Return `expected` moved onto the pupils: the pair of dark round spots that lies most as eyes do."""
    best = (0.0, expected)
    for left, left_score in _dark_spots(gray, expected, -0.5):
        for right, right_score in _dark_spots(gray, expected, 0.5):
            moved = replace(expected, left_eye=left, right_eye=right, eyes_seen=True)
            tilt = float(np.arctan2(moved.axes[0, 1], moved.axes[0, 0]))
            apart = moved.unit / expected.unit - 1
            score = left_score * right_score * float(np.exp(-((tilt / _TILT) ** 2) - (apart / _APART) ** 2))
            if abs(tilt) < _MOST_TILT and score > best[0]:
                best = (score, moved)
    return best[1]


def _dark_spots(gray: NDArray[np.uint8], face: Face, side: float) -> list[tuple[tuple[float, float], float]]:
    """Return the best few spots near where the eye of `side` should be, with their scores."""
    u, v = _grid((side - _EYE_REACH, side + _EYE_REACH), (-_EYE_REACH, _EYE_REACH))
    patch = _sample(gray, face, u, v).astype(np.float32)
    # Pupil against its surroundings: brows are dark too, but long, so a round window sees less contrast in them.
    contrast = cv2.GaussianBlur(patch, (0, 0), 0.22 * _SCALE) - cv2.GaussianBlur(patch, (0, 0), 0.055 * _SCALE)
    score = contrast * np.exp(-(((u - side) / 0.17) ** 2) - (v / 0.15) ** 2)
    summits = (score == cv2.dilate(score, np.ones((9, 9), np.uint8))) & (contrast > _EYE_CONTRAST)
    found = sorted(((float(score[at]), at) for at in zip(*np.nonzero(summits), strict=True)), reverse=True)
    return [(face.pixels(float(u[at]), float(v[at])), value) for value, at in found[:_SPOTS]]


def locate_mouth(canvas: Pixels, face: Face) -> Face:
    """Return `face` with the line on which the lips part: the best of many parabolas.

    A good line is dark (closed lips), or has something bright above and lip colour below (teeth on the lower lip).
    """
    u, v = _grid((-_MOUTH_COLUMNS, _MOUTH_COLUMNS), _MOUTH_ROWS)
    lab = cv2.cvtColor(_sample(canvas, face, u, v), cv2.COLOR_RGB2LAB).astype(np.float32)
    evidence = _parting(lab[..., 0], lab[..., 1])
    best = (-np.inf, face)
    for half_width, smile, mouth_v in product(_HALF_WIDTHS, _SMILES, _HEIGHTS):
        guess = replace(face, mouth_v=mouth_v, smile=smile, mouth_half_width=half_width)
        score = _along(evidence, guess, u[0])
        if score > best[0]:
            best = (score, guess)
    return replace(best[1], chin_v=best[1].mouth_v + MOUTH_TO_CHIN)


def _parting(light: FloatArray, red: FloatArray) -> FloatArray:
    smooth = cv2.GaussianBlur(light, (0, 0), 0.02 * _SCALE)
    redness = cv2.GaussianBlur(red, (0, 0), 0.03 * _SCALE)
    skin = float(np.median(redness))
    step = max(1, round(0.05 * _SCALE))
    above, below = np.roll(smooth, step, axis=0), np.roll(smooth, -step, axis=0)
    lip_above = np.clip((np.roll(redness, 2 * step, axis=0) - skin) / 6, 0, 1.5)
    lip_below = np.clip((np.roll(redness, -2 * step, axis=0) - skin) / 6, 0, 1.5)
    # Teeth are less red than skin; without this the upper rim of the lips would look like teeth on a lip.
    teeth = np.clip((skin - np.roll(redness, step, axis=0)) / 4, 0, 1)
    valley = np.clip((above + below) / 2 - smooth, 0, 30)
    edge = np.clip(above - below, 0, 60) / 2
    evidence: FloatArray = (valley * (1 + lip_above) + edge * teeth) * (1 + lip_below)
    evidence[: 2 * step], evidence[-2 * step :] = 0, 0
    return evidence


def _along(evidence: FloatArray, face: Face, columns: FloatArray) -> float:
    """Return the mean evidence along the lip line, less for a line far from where mouths are."""
    inside = np.abs(columns) < 0.9 * face.mouth_half_width
    rows = (face.lip_line(columns[inside]) - _MOUTH_ROWS[0]) * _SCALE
    index = np.clip(np.rint(rows).astype(int), 0, evidence.shape[0] - 1)
    unlikely = ((face.mouth_v - 1.1) / 0.16) ** 2
    width = 1 + 0.25 * (face.mouth_half_width - 0.44)
    return float(evidence[index, np.flatnonzero(inside)].mean() * np.exp(-unlikely / 2) * width)


def _grid(across: tuple[float, float], down: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    columns = np.arange(across[0], across[1], 1 / _SCALE, dtype=np.float32)
    rows = np.arange(down[0], down[1], 1 / _SCALE, dtype=np.float32)
    u, v = np.meshgrid(columns, rows)
    return u, v


def _sample(picture: NDArray[np.uint8], face: Face, u: FloatArray, v: FloatArray) -> Any:
    origin = face.pixels(0, 0)
    axes = face.axes * face.unit
    x = (origin[0] + u * axes[0, 0] + v * axes[1, 0]).astype(np.float32)
    y = (origin[1] + u * axes[0, 1] + v * axes[1, 1]).astype(np.float32)
    return cv2.remap(
        picture, x, y, cv2.INTER_AREA if face.unit > _SCALE else cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
