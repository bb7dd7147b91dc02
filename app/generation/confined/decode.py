"""Decodes everything, keeps nothing: what passes can be decoded within the bounds, and what a bomb is shows here."""

from __future__ import annotations

from pathlib import Path

import av.error
from PIL import Image, ImageOps

from app.generation.inputs.errors import BadInput
from app.generation.inputs.limits import DEFAULT_LIMITS, InputLimits
from app.generation.inputs.packets import audio_stream, open_audio
from app.generation.inputs.sniff import HEAD_BYTES, sniff
from app.generation.inputs.wording import length

_FORMATS = ("JPEG", "PNG", "WEBP")
_WHOLE_PICTURE = "a whole JPEG, PNG or WebP"
_WHOLE_SPEECH = "whole speech as WAV, MP3, FLAC, OGG or M4A"
_LONGER_SECONDS = 1.0


def decode_image(path: Path, limits: InputLimits = DEFAULT_LIMITS) -> None:
    """Decode the picture.

    Raises:
        BadInput: it cannot be decoded.
    """
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            if picture.width * picture.height > limits.max_image_pixels:
                raise BadInput("image", f"{picture.width} x {picture.height}", "The image is too large.", "less pixels")
            picture.load()
            ImageOps.exif_transpose(picture.resize((1, 1)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput("image", str(error)[:200], "The image cannot be decoded.", _WHOLE_PICTURE) from error


def decode_audio(path: Path, limits: InputLimits = DEFAULT_LIMITS) -> float:
    """Decode the sound and return its length in seconds.

    Raises:
        BadInput: it cannot be decoded, holds nothing, or more than its header says.
    """
    seconds = 0.0
    with path.open("rb") as stream:
        kind = sniff(stream.read(HEAD_BYTES))
        try:
            with open_audio(stream, kind) as container:
                for frame in container.decode(audio_stream(container)):
                    seconds += frame.samples / frame.sample_rate if frame.sample_rate > 0 else 0.0
                    if seconds > limits.max_audio_seconds + _LONGER_SECONDS:
                        message = "The audio is longer than its header says."
                        raise BadInput("audio", f"over {length(seconds)}", message, _WHOLE_SPEECH)
        except (av.error.FFmpegError, ValueError, KeyError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadInput("audio", kind, f"The audio cannot be decoded ({error}).", _WHOLE_SPEECH) from error
    if seconds <= 0:
        raise BadInput("audio", "no samples", "The audio holds no sound.", _WHOLE_SPEECH)
    return seconds
