from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

SCRIPT = """
import sys
from contextlib import nullcontext
from pathlib import Path
from app.generation.portrait import PortraitGenerator
from app.samples import PORTRAIT
from telemetry.gpu import Device

class Context:
    def stage(self, name): return nullcontext()
    def progress(self, fraction): pass

PortraitGenerator(Device("cpu", "cpu")).generate(PORTRAIT, Path(sys.argv[1]), "Go.", Path(sys.argv[2]), Context())
# Not getrusage, which begins with the memory of the process that started this one.
status = Path("/proc/self/status").read_text(encoding="ascii")
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def peak_kibibytes(audio: Path, output: Path) -> int:
    command = [sys.executable, "-c", SCRIPT, str(audio), str(output)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_the_speech(write_wav: Callable[..., Path], tmp_path: Path):
    time = np.arange(60 * 16_000) / 16_000
    speech = 0.4 * np.sin(2 * np.pi * 180 * time) * (np.sin(2 * np.pi * 3 * time) > 0)
    short = peak_kibibytes(write_wav(speech[: 5 * 16_000], name="short.wav"), tmp_path / "short.mp4")
    long = peak_kibibytes(write_wav(speech, name="long.wav"), tmp_path / "long.mp4")
    assert long < short + 30 * 1024
    assert long < 450 * 1024


def test_an_idle_generator_holds_no_imaging_libraries():
    code = (
        "import sys; from app.generation import load; from telemetry.gpu import Device\n"
        "import app.generation.inputs\n"
        "load('app.generation.portrait:PortraitGenerator', Device('cpu', 'cpu'))\n"
        "print([name for name in ('av', 'cv2', 'numpy', 'PIL', 'scipy', 'skimage', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
