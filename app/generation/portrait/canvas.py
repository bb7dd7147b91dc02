"""Reads a picture and cuts the square from it that the video shows."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from app.generation.inputs import BadInput

SIDE: Final = 512
_WORKING_SIDE: Final = 1600
_BACKGROUND: Final = (128, 128, 128)
_FORMATS: Final = ("JPEG", "PNG", "WEBP")

Pixels = NDArray[np.uint8]


def read_picture(path: Path) -> Pixels:
    """Return the picture upright, in RGB, at most 1600 pixels a side; what is transparent becomes grey.

    Raises:
        BadInput: it cannot be decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken EXIF warns and is then left out
            return _decode(path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadInput("image", str(error), "The image cannot be decoded.", "a whole JPEG, PNG or WebP") from error


def _decode(path: Path) -> Pixels:
    with Image.open(path, formats=_FORMATS) as opened:
        opened.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))
        picture: Image.Image = opened
        if picture.mode.startswith("I"):
            picture = picture.point(lambda value: value / 256).convert("L")
        picture.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        picture = ImageOps.exif_transpose(picture)
        if picture.has_transparency_data:
            rgba = picture.convert("RGBA")
            picture = Image.new("RGB", picture.size, _BACKGROUND)
            picture.paste(rgba, mask=rgba.getchannel("A"))
        return np.asarray(picture.convert("RGB"))


def cut(picture: Pixels, center: tuple[float, float], side: float) -> tuple[Pixels, tuple[float, float, float]]:
    """Return a `SIDE` square around `center`, moved so that it lies inside, and (left, top, scale) of the cut."""
    height, width = picture.shape[:2]
    side = min(side, height, width)
    left = float(np.clip(center[0] - side / 2, 0, width - side))
    top = float(np.clip(center[1] - side / 2, 0, height - side))
    box = (left, top, left + side, top + side)
    square = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box)
    return np.asarray(square), (left, top, SIDE / side)
