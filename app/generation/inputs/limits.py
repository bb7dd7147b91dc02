from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class InputLimits:
    """How large an input may be.

    Attributes:
        max_image_pixels: width times height; bounds the memory of decoding (4 bytes a pixel).
        min_image_side, max_image_side: pixels; below the first no face can be seen.
        min_audio_seconds, max_audio_seconds: length of the speech and so of the video.
        max_prompt_length: characters after surrounding white space is removed.
    """

    max_image_bytes: int = 10 * _MIB
    max_image_pixels: int = 40_000_000
    min_image_side: int = 64
    max_image_side: int = 8192
    max_audio_bytes: int = 25 * _MIB
    min_audio_seconds: float = 0.1
    max_audio_seconds: float = 300.0
    max_prompt_length: int = 2000


DEFAULT_LIMITS: Final = InputLimits()
