"""Checks on what a customer sends, before a job is accepted.

Only contents count: names and declared types are never looked at. A check reads headers, never decodes, and is bounded
in time and memory by `InputLimits`. What passes may still turn out broken when the worker decodes it.
"""

from app.generation.inputs.audio import AudioFacts, check_audio
from app.generation.inputs.errors import BadInput
from app.generation.inputs.image import ImageFacts, check_image
from app.generation.inputs.limits import DEFAULT_LIMITS, InputLimits
from app.generation.inputs.prompt import check_prompt

__all__ = [
    "DEFAULT_LIMITS",
    "AudioFacts",
    "BadInput",
    "ImageFacts",
    "InputLimits",
    "check_audio",
    "check_image",
    "check_prompt",
]
