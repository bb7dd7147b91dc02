from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.generation.portrait.cpu import draw
from app.generation.portrait.pipeline import Pipeline
from app.generation.portrait.spool import Spool
from app.samples import PORTRAIT, SPEECH

pytestmark = pytest.mark.slow


def test_video_longer_than_the_spool_goes_through_in_rounds_and_is_the_same(tmp_path: Path, recording, sample_video):
    context = recording()
    path = tmp_path / "rounds.mp4"
    Pipeline(PORTRAIT, SPEECH, "Say it warmly.", path, draw, spool_bytes=12_000_000).run(context)
    rounds = context.stages[1:]
    assert rounds == ["animate", "encode"] * (len(rounds) // 2)
    assert len(rounds) > 4
    for stage in ("animate", "encode"):
        assert context.progress_of[stage] == sorted(context.progress_of[stage])
    assert path.read_bytes() == sample_video.path.read_bytes()


def test_spool_gives_back_what_was_written_and_leaves_no_file(tmp_path: Path):
    frames = [np.full((6, 4), shade, np.uint8) for shade in range(5)]
    with Spool(tmp_path, (6, 4), largest_bytes=5 * 24) as spool:
        assert spool.capacity == 5
        for _ in range(2):
            spool.rewind()
            for frame in frames:
                spool.write(frame)
            assert [int(frame[0, 0]) for frame in spool.read(5)] == [0, 1, 2, 3, 4]
        assert list(tmp_path.iterdir()) == []
