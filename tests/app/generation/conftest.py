from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.generation import Cancelled, Generated
from app.generation.portrait import PortraitGenerator
from app.samples import PORTRAIT, SPEECH
from telemetry.gpu import Device


@dataclass
class Recording:
    """A `JobContext` that keeps what it is told, and cancels in a stage if asked to."""

    cancel_in: str | None = None
    stages: list[str] = field(default_factory=list)
    progress_of: dict[str, list[float]] = field(default_factory=dict)
    inside: bool = False

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        assert not self.inside, "stages follow each other"
        self.stages.append(name)
        self.inside = True
        try:
            yield
        finally:
            self.inside = False

    def progress(self, fraction: float) -> None:
        self.progress_of.setdefault(self.stages[-1], []).append(fraction)
        if self.stages[-1] == self.cancel_in:
            raise Cancelled


@dataclass(frozen=True)
class Made:
    """A finished sample video and how it came about."""

    path: Path
    facts: Generated
    context: Recording


@pytest.fixture(scope="session")
def cpu() -> Device:
    return Device("cpu", "a processor")


@pytest.fixture(scope="session")
def generator(cpu: Device) -> PortraitGenerator:
    return PortraitGenerator(cpu)


@pytest.fixture
def recording() -> Callable[..., Recording]:
    return Recording


@pytest.fixture(scope="session")
def sample_video(generator: PortraitGenerator, tmp_path_factory: pytest.TempPathFactory) -> Made:
    path = tmp_path_factory.mktemp("sample") / "video.mp4"
    context = Recording()
    facts = generator.generate(PORTRAIT, SPEECH, "Say it warmly.", path, context)
    return Made(path, facts, context)


@pytest.fixture
def write_wav(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes samples between -1 and 1 as a mono WAV."""

    def write(samples: NDArray[np.floating], rate: int = 16_000, name: str = "sound.wav") -> Path:
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        return path

    return write
