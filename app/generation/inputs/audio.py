from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from app.generation.inputs.errors import BadInput
from app.generation.inputs.limits import DEFAULT_LIMITS, InputLimits
from app.generation.inputs.sniff import HEAD_BYTES, sniff
from app.generation.inputs.wav import read_wav
from app.generation.inputs.wording import length, mebibytes

_FORMATS: Final = "speech as WAV, MP3, FLAC, OGG or M4A"
_KINDS: Final = ("WAV", "MP3", "FLAC", "OGG", "M4A")
# Containers round and pad; a file that lacks more than this of what it promises was cut off.
_SLACK_SECONDS: Final = 0.5
_SLACK_RATIO: Final = 0.02


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What the container of a sound file says; `seconds` is what is really there, not only promised."""

    format: str
    codec: str
    seconds: float
    sample_rate: int
    channels: int
    bytes: int


def check_audio(path: Path, limits: InputLimits = DEFAULT_LIMITS) -> AudioFacts:
    """Return the facts of the sound at `path` from its headers and packets, without decoding any.

    Raises:
        BadInput: it is not a sound file of a known kind, is cut off, or is outside the limits.
    """
    size = path.stat().st_size
    if size == 0:
        raise BadInput("audio", "0 bytes", "The audio is empty.", _FORMATS)
    if size > limits.max_audio_bytes:
        raise BadInput(
            "audio", mebibytes(size), "The audio file is too large.", f"up to {mebibytes(limits.max_audio_bytes)}"
        )
    with path.open("rb") as stream:
        kind = sniff(stream.read(HEAD_BYTES))
        if kind not in _KINDS:
            raise BadInput("audio", kind, "The file is not audio that can be read.", _FORMATS)
        if kind == "WAV":
            _check_wav(stream, size, limits)
        return _check_packets(stream, kind, size, limits)


def _check_wav(stream: BinaryIO, size: int, limits: InputLimits) -> None:
    try:
        promise = read_wav(stream, size)
    except ValueError as error:
        raise BadInput("audio", f"WAV of {size} bytes", f"The WAV file is broken: {error}.", _FORMATS) from error
    _check_length(promise.seconds, limits)
    missing = promise.declared_bytes - promise.present_bytes
    if missing:
        raise BadInput(
            "audio",
            f"{promise.present_bytes} of {promise.declared_bytes} bytes of sound",
            "The WAV file is cut off.",
            "a file as long as its header says",
        )


def _check_packets(stream: BinaryIO, kind: str, size: int, limits: InputLimits) -> AudioFacts:
    from app.generation.inputs.packets import walk  # noqa: PLC0415 - brings PyAV, which idle processes do without

    try:
        found = walk(stream, kind, most_seconds=limits.max_audio_seconds)
    except ValueError as error:
        raise BadInput("audio", f"{kind} of {size} bytes", f"The audio is broken: {error}.", _FORMATS) from error
    _check_length(max(found.declared_seconds, found.seconds), limits)
    if found.seconds < found.declared_seconds * (1 - _SLACK_RATIO) - _SLACK_SECONDS:
        raise BadInput(
            "audio",
            f"{length(found.seconds)} of {length(found.declared_seconds)}",
            f"The {kind} file is cut off.",
            "a file as long as its header says",
        )
    return AudioFacts(kind, found.codec, found.seconds, found.sample_rate, found.channels, size)


def _check_length(seconds: float, limits: InputLimits) -> None:
    allowed = f"{length(limits.min_audio_seconds)} to {length(limits.max_audio_seconds)}"
    if seconds > limits.max_audio_seconds:
        raise BadInput("audio", length(seconds), "The audio is too long.", allowed)
    if seconds < limits.min_audio_seconds:
        raise BadInput("audio", length(seconds), "The audio is too short.", allowed)
