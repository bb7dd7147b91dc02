"""Draws frames on the CPU: lids and mouth in their windows, then the head with all in it."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from app.generation.portrait.canvas import Pixels
from app.generation.portrait.face import FloatArray
from app.generation.portrait.figure import Figure
from app.generation.portrait.levels import Levels
from app.generation.portrait.motion import Motion


def draw(figure: Figure, motion: Motion) -> Iterator[Pixels]:
    """Yield the head's window of each frame in RGB."""
    lids = [_Patch(figure.canvas, lid) for lid in figure.lids]
    mouth = _Patch(figure.canvas, figure.mouth)
    head_x, head_y = figure.head.window.grid()
    for jaw, widen, blink, pose in zip(motion.jaw, motion.widen, motion.blink, motion.pose, strict=True):
        picture = figure.canvas.copy()
        for lid in lids if blink > 0 else ():
            lid.place(picture, float(blink))
        mouth.place(picture, float(jaw), widen * figure.spread)
        yield _warp(picture, head_x, head_y, figure.head.shift(pose), cv2.INTER_CUBIC)


class _Patch:
    """One window of a figure, drawn from the still picture."""

    def __init__(self, still: Pixels, levels: Levels) -> None:
        self._still = still
        self._levels = levels
        self._x, self._y = levels.window.grid()

    def place(self, picture: Pixels, opening: float, extra: FloatArray | None = None) -> None:
        """Draw the window at `opening` into `picture`, shifted by `extra` on top."""
        shift, paint, cover = self._levels.at(opening)
        warped = _warp(self._still, self._x, self._y, shift if extra is None else shift + extra, cv2.INTER_LINEAR)
        rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
        if len(rows):
            painted = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            share = cover[painted][..., None]
            warped[painted] = np.rint(warped[painted] * (1 - share) + paint[painted] * share).astype(np.uint8)
        picture[self._levels.window.slices] = warped


def _warp(picture: Pixels, x: FloatArray, y: FloatArray, shift: FloatArray, interpolation: int) -> Pixels:
    warped = cv2.remap(picture, x + shift[..., 0], y + shift[..., 1], interpolation, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(warped, np.uint8)
