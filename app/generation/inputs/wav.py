"""Reads what a WAV header promises, so that a file cut off in transit is told from a whole one."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

_CHUNKS: Final = 1000
# Programs that write to a pipe cannot know the length: 0, all ones, or a little below 2^31 (espeak-ng) stand there.
_UNKNOWN_FROM: Final = 0x7FFF0000


@dataclass(frozen=True, slots=True)
class Promise:
    """Length of the sound as the header has it, and as many bytes of it as are really there."""

    seconds: float
    declared_bytes: int
    present_bytes: int


def read_wav(stream: BinaryIO, size: int) -> Promise:
    """Walk the chunks up to the sound itself.

    Raises:
        ValueError: there is no format, no data, or an impossible rate.
    """
    rate = 0
    stream.seek(12)
    for _ in range(_CHUNKS):
        head = stream.read(8)
        if len(head) < 8:  # noqa: PLR2004 - a chunk's name and length
            break
        kind, length = struct.unpack("<4sI", head)
        start = stream.tell()
        if kind == b"fmt ":
            rate = _byte_rate(stream.read(16))
        elif kind == b"data":
            if rate <= 0:
                raise ValueError("its format is missing or has no byte rate")
            present = size - start
            declared = length if 0 < length < _UNKNOWN_FROM else present
            return Promise(declared / rate, declared, min(present, declared))
        stream.seek(start + length + length % 2)
    raise ValueError("it holds no sound")


def _byte_rate(data: bytes) -> int:
    if len(data) < 16:  # noqa: PLR2004 - the fixed part of the format
        raise ValueError("its format is cut off")
    return int(struct.unpack("<HHIIHH", data)[3])
