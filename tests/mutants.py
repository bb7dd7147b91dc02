"""Good pictures and sounds, and files that are near them; the same seed makes the same ones."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

import av
import numpy as np
from PIL import Image

from app.samples import PORTRAIT

_SIDE = 128
_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)
_LENGTHS = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def seeds() -> dict[str, dict[str, bytes]]:
    """Return small good files by field and format."""
    with Image.open(PORTRAIT) as whole:
        small = whole.convert("RGB").resize((_SIDE, _SIDE))
    pictures, sounds = {}, {}
    for name, options in {
        "JPEG": {}, "PNG": {}, "WEBP": {}, "JPEG progressive": {"progressive": True}, "WEBP lossless": {"lossless": True}
    }.items():  # fmt: skip
        buffer = io.BytesIO()
        small.save(buffer, name.split()[0], **options)
        pictures[name] = buffer.getvalue()
    for name, (form, codec) in {
        "WAV": ("wav", "pcm_s16le"), "WAV 24": ("wav", "pcm_s24le"), "MP3": ("mp3", "libmp3lame"), "FLAC": ("flac", "flac"),
        "OGG": ("ogg", "libopus"), "M4A": ("ipod", "aac"),
    }.items():  # fmt: skip
        sounds[name] = _sound(form, codec)
    return {"image": pictures, "audio": sounds}


def _sound(form: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    rate = 48_000
    wave = (np.sin(np.arange(rate // 2) / 20) * 8000).astype(np.int16).reshape(1, -1)
    with av.open(buffer, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            format=stream.codec_context.format, layout="mono", rate=rate, frame_size=stream.codec_context.frame_size or 1024
        )  # fmt: skip
        for block in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def mutate(whole: bytes, chance: random.Random) -> bytes:
    """Return a file that is near a good one."""
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(data)) if chance.random() < 0.6 else chance.randrange(min(64, len(data)))
        match chance.randrange(7):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.choice(_INTERESTING)
            case 2:
                size = chance.choice((2, 4))
                value = chance.choice(_LENGTHS) & (256**size - 1)
                data[at : at + size] = value.to_bytes(size, chance.choice(("big", "little")))
            case 3:
                del data[at : at + chance.randrange(1, 64)]
            case 4:
                data[at:at] = chance.randbytes(chance.randrange(1, 64))
            case 5:
                data[at:at] = data[at : at + chance.randrange(1, 4096)]
            case _:
                del data[at + 1 :]
        if not data:
            return b""
    return bytes(data)


def mutants(cases: int, seed: int) -> Iterator[tuple[int, str, str, bytes]]:
    """Yield number, field, format and content of each; pictures and sounds in turn."""
    files = seeds()
    for number in range(cases):
        chance = random.Random(f"{seed} {number}")  # noqa: S311 - the same every time, on purpose
        kind = ("image", "audio")[number % 2]
        name = chance.choice(sorted(files[kind]))
        yield number, kind, name, mutate(files[kind][name], chance)
