from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.generation.inputs import picture
from app.generation.inputs.errors import BadInput
from app.generation.inputs.limits import DEFAULT_LIMITS, InputLimits
from app.generation.inputs.sniff import HEAD_BYTES, sniff
from app.generation.inputs.wording import mebibytes

_READERS: Final = {"JPEG": picture.read_jpeg, "PNG": picture.read_png, "WebP": picture.read_webp}
_FORMATS: Final = "one still picture as JPEG, PNG or WebP"


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header of a picture says; width and height in pixels, before any rotation that EXIF asks for."""

    format: str
    width: int
    height: int
    bytes: int


def check_image(path: Path, limits: InputLimits = DEFAULT_LIMITS) -> ImageFacts:
    """Return the facts of the picture at `path` from its header, within milliseconds and kilobytes.

    Raises:
        BadInput: it is not a still JPEG, PNG or WebP, is cut off, or is outside the limits.
    """
    size = path.stat().st_size
    if size == 0:
        raise BadInput("image", "0 bytes", "The image is empty.", _FORMATS)
    if size > limits.max_image_bytes:
        raise BadInput(
            "image", mebibytes(size), "The image file is too large.", f"up to {mebibytes(limits.max_image_bytes)}"
        )
    with path.open("rb") as stream:
        kind = sniff(stream.read(HEAD_BYTES))
        reader = _READERS.get(kind)
        if reader is None:
            raise BadInput("image", kind, "The file is not an image that can be read.", _FORMATS)
        try:
            header = reader(stream, size)
        except picture.UnreadableError as error:
            raise BadInput("image", f"{kind} of {size} bytes", f"The image is broken: {error}.", _FORMATS) from error
    _check_header(header, kind, limits)
    return ImageFacts(kind, header.width, header.height, size)


def _check_header(header: picture.Header, kind: str, limits: InputLimits) -> None:
    if header.animated:
        raise BadInput("image", f"animated {kind}", "The image is an animation.", _FORMATS)
    sides = f"{header.width} x {header.height} pixels"
    allowed = (
        f"{limits.min_image_side} to {limits.max_image_side} pixels a side "
        f"and up to {limits.max_image_pixels / 1e6:g} million pixels"
    )
    if min(header.width, header.height) < limits.min_image_side:
        raise BadInput("image", sides, "The image is too small.", allowed)
    if (
        max(header.width, header.height) > limits.max_image_side
        or header.width * header.height > limits.max_image_pixels
    ):
        raise BadInput("image", sides, "The image has too many pixels.", allowed)
