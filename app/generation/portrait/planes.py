"""Lays the moving window onto the still picture in YUV 4:2:0, the form that the encoder takes."""

from __future__ import annotations

import cv2
import numpy as np

from app.generation.portrait.canvas import SIDE, Pixels
from app.generation.portrait.levels import Window


def planes(picture: Pixels) -> Pixels:
    """Return an RGB picture with even sides as planes one below the other (BT.601, limited range)."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)


def lay(still: Pixels, part: Pixels, window: Window) -> Pixels:
    """Return the planes of the whole picture with those of the window laid in. The window's numbers must be even."""
    whole = still.copy()
    half = Window(window.left // 2, window.top // 2, window.width // 2, window.height // 2)
    for target, source, place in zip(
        _three(whole, SIDE, SIDE), _three(part, window.height, window.width), (window, half, half), strict=True
    ):
        target[place.slices] = source
    return whole


def _three(flat: Pixels, height: int, width: int) -> tuple[Pixels, Pixels, Pixels]:
    pixels = flat.reshape(-1)
    count = height * width
    quarter = (height // 2, width // 2)
    return (
        pixels[:count].reshape(height, width),
        pixels[count : count + count // 4].reshape(quarter),
        pixels[count + count // 4 :].reshape(quarter),
    )
