"""Counts the sound in a file packet by packet, through FFmpeg's demuxers and without its decoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final

import av
import av.error

_DEMUXERS: Final = {"WAV": "wav", "MP3": "mp3", "FLAC": "flac", "OGG": "ogg", "M4A": "mov"}
_CODECS: Final = ("aac", "alac", "flac", "mp3", "mp3float", "opus", "vorbis")
_RATES: Final = (4_000, 192_000)
_MOST_CHANNELS: Final = 8
_PROBE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """`declared_seconds` is the container's word, `seconds` the sum of its packets."""

    codec: str
    declared_seconds: float
    seconds: float
    sample_rate: int
    channels: int


def open_audio(stream: BinaryIO, kind: str) -> av.container.InputContainer:
    """Open `stream` with the one demuxer that `kind` means.

    The stream and not the name is handed over, so that a crafted file can make FFmpeg open nothing else.
    """
    stream.seek(0)
    return av.open(stream, "r", format=_DEMUXERS[kind], options={"probesize": str(_PROBE_BYTES)})


def audio_stream(container: av.container.InputContainer) -> av.AudioStream:
    """Return the first sound track, if it is one that this project reads.

    Raises:
        ValueError: there is none, or its codec, rate or channels are outside what is read.
    """
    if not container.streams.audio:
        raise ValueError("it holds no sound")
    stream = container.streams.audio[0]
    context = stream.codec_context
    if context is None or not (context.name in _CODECS or context.name.startswith("pcm_")):
        raise ValueError(f"its codec ({context.name if context else 'unknown'}) is not one that is read here")
    if not _RATES[0] <= context.sample_rate <= _RATES[1]:
        raise ValueError(f"its sample rate is {context.sample_rate} Hz ({_RATES[0]} to {_RATES[1]} can be read)")
    if not 1 <= context.channels <= _MOST_CHANNELS:
        raise ValueError(f"it has {context.channels} channels (1 to {_MOST_CHANNELS} can be read)")
    return stream


def walk(stream: BinaryIO, kind: str, most_seconds: float) -> Found:
    """Return what `stream` holds; stops early once it is longer than `most_seconds`.

    Raises:
        ValueError: it cannot be read as `kind`.
    """
    try:
        with open_audio(stream, kind) as container:
            audio = audio_stream(container)
            declared = _declared(container, audio)
            seconds = 0.0
            for packet in container.demux(audio):
                if packet.duration and packet.time_base:
                    seconds += float(packet.duration * packet.time_base)
                if seconds > most_seconds:
                    break
            context = audio.codec_context
            return Found(context.name, declared, seconds, context.sample_rate, context.channels)
    except av.error.FFmpegError as error:
        raise ValueError(f"it cannot be read as {kind} ({error.strerror})") from error


def _declared(container: av.container.InputContainer, audio: av.AudioStream) -> float:
    if audio.duration and audio.time_base:
        return float(audio.duration * audio.time_base)
    return container.duration / av.time_base if container.duration else 0.0
