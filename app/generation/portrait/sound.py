"""Decodes speech into blocks of one rate, mono, never holding more than a block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import av.error
from av.audio.frame import AudioFrame

from app.generation.inputs import BadInput
from app.generation.inputs.packets import audio_stream, open_audio
from app.generation.inputs.sniff import HEAD_BYTES, sniff


def decode(path: Path, rate: int) -> Iterator[AudioFrame]:
    """Yield the sound at `path` as planar floats at `rate`.

    Raises:
        BadInput: it cannot be decoded.
    """
    with path.open("rb") as stream:
        kind = sniff(stream.read(HEAD_BYTES))
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        try:
            with open_audio(stream, kind) as container:
                for frame in container.decode(audio_stream(container)):
                    frame.pts = None  # gaps and jumps in crafted files must not become gaps in the video
                    yield from resampler.resample(frame)
                yield from resampler.resample(None)
        except (av.error.FFmpegError, ValueError, KeyError) as error:
            message = f"The audio cannot be decoded ({error})."
            raise BadInput("audio", kind, message, "whole speech as WAV, MP3, FLAC, OGG or M4A") from error
