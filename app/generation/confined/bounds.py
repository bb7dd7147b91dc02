"""How much an examination may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Task = Literal["check", "decode"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of one examination of a job's files.

    Attributes:
        memory_bytes: address space beyond what the libraries take.
        cpu_seconds: of all threads.
        seconds: on the clock, for what waits instead of working.
    """

    task: Task
    memory_bytes: int
    cpu_seconds: int
    seconds: float


# A picture of 40 million pixels takes up to 400 MiB as PNG or JPEG, between 600 and 1024 as WebP, and 2 s of a slow core.
CHECK: Final = Bounds("check", 256 * 2**20, 5, 15.0)
DECODE: Final = Bounds("decode", 1024 * 2**20, 20, 60.0)
