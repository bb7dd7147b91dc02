"""A generator that is fast and does what its prompt says, for tests of everything around a model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from app.generation.generator import Generated, JobContext
from app.generation.inputs.errors import BadInput
from telemetry.catalog import Span

if TYPE_CHECKING:
    from telemetry.gpu import Device


class TinyGenerator:
    """Copies the audio as the "video". Words of the prompt: `slow=SECONDS`, `break`, `break-once`, `unusable`, `note=WORD`;
    `stuck-once` has no end at the first run, for a worker that is killed in it."""

    model = "tiny-1"

    def __init__(self, device: Device) -> None:
        self.device = device

    def generate(self, image: Path, audio: Path, prompt: str, output: Path, context: JobContext) -> Generated:
        words = prompt.split()
        with context.stage(Span.DECODE):
            sound = audio.read_bytes()
            if "unusable" in words:
                raise BadInput("image", "nothing", "The picture cannot be decoded.", "a picture")
        with context.stage(Span.ANIMATE):
            if "break" in words or ("break-once" in words and _first_time(image)):
                raise RuntimeError("this model is broken")
            if "stuck-once" in words and _first_time(image):
                _hang(context)
            _wait(words, context)
        with context.stage(Span.ENCODE):
            output.write_bytes(sound)
        notes = tuple(word.removeprefix("note=") for word in words if word.startswith("note="))
        return Generated(duration_seconds=1.0, width=64, height=64, frames=25, fps=25.0, notes=notes)


def _first_time(image: Path) -> bool:
    mark = image.with_name("was-here-once")
    if mark.exists():
        return False
    mark.touch()
    return True


def _hang(context: JobContext) -> NoReturn:
    while True:
        context.progress(0.5)
        time.sleep(0.02)


def _wait(words: list[str], context: JobContext) -> None:
    seconds = sum(float(word.removeprefix("slow=")) for word in words if word.startswith("slow="))
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        context.progress(passed / seconds)
        time.sleep(0.02)
