"""A generator that really uses memory, and really runs out of it."""

from __future__ import annotations

import mmap
import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING

from app.generation.generator import Generated, JobContext
from telemetry.catalog import Span

if TYPE_CHECKING:
    from telemetry.gpu import Device

MIB = 2**20
ROOM = "PLAINVIEW_TEST_ROOM_MIB"


class HungryGenerator:
    """Copies the audio as the "video". Words of the prompt, in MiB: `keep=` for good, `need=` while the job runs.

    With the environment variable `ROOM` the process may grow by so much address space after its first job began, and
    the system refuses it more. `cuda-once` fails as torch does on a full card, the first time;
    `vast` asks for more than any machine has.
    """

    model = "hungry-1"

    def __init__(self, device: Device) -> None:
        self.kept: list[mmap.mmap] = []
        self._device = device
        self._limited = False

    def generate(self, image: Path, audio: Path, prompt: str, output: Path, context: JobContext) -> Generated:
        self._limit()
        words = dict(word.partition("=")[::2] for word in prompt.split())
        with context.stage(Span.ANIMATE):
            if "cuda-once" in words and not image.with_name("ran-out").exists():
                image.with_name("ran-out").touch()
                raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
            if "vast" in words:
                bytearray(1 << 60)
            self.kept += _blocks(int(words.get("keep", 0)))
            needed = _blocks(int(words.get("need", 0)))
            output.write_bytes(audio.read_bytes())
            del needed
        return Generated(duration_seconds=1.0, width=64, height=64, frames=25, fps=25.0)

    def _limit(self) -> None:
        room = os.environ.get(ROOM)
        if room is None or self._limited:
            return
        self._limited = True
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + int(room) * MIB
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _blocks(mebibytes: int) -> list[mmap.mmap]:
    """Return memory of the system's, past malloc and what that keeps for later, each page of which was written to."""
    if not mebibytes:
        return []
    block = mmap.mmap(-1, mebibytes * MIB)
    for page in range(0, len(block), mmap.PAGESIZE):
        block[page] = 1
    return [block]
