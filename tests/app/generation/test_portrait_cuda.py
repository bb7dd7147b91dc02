from __future__ import annotations

import numpy as np
import pytest

from app.generation.portrait import cpu
from app.generation.portrait.canvas import read_picture
from app.generation.portrait.figure import figure
from app.generation.portrait.find import frame_face
from app.generation.portrait.head import POSE
from app.generation.portrait.motion import Motion
from app.samples import PORTRAIT


def test_torch_draws_what_opencv_draws():
    torch = pytest.importorskip("torch", reason="torch is optional and not installed")
    from app.generation.portrait import cuda  # noqa: PLC0415 - imports torch

    chance = np.random.default_rng(1)
    values = [chance.uniform(low, 1, 40).astype(np.float32) for low in (0, -1, 0)]
    motion = Motion(*values, pose=chance.uniform(-0.06, 0.06, (40, len(POSE))).astype(np.float32))
    person = figure(*frame_face(read_picture(PORTRAIT)))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for drawn, expected in zip(cuda.draw(person, motion, device), cpu.draw(person, motion), strict=True):
        difference = np.abs(drawn.astype(int) - expected)
        assert difference.mean() < 0.2
        assert difference.max() <= 4
