"""One round of the kill matrix for each part; `python -m tests.kill_matrix --rounds 20` plays more."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kill_matrix.rounds import VICTIMS, arena

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(400)]


def test_nothing_accepted_is_lost_or_done_twice_whoever_is_killed(tmp_path: Path) -> None:
    with arena(tmp_path, random.Random(1)) as playing:  # noqa: S311 - to be the same again
        for victim in VICTIMS:
            told = playing.round(victim)
            assert told.wrong == [], told
            assert told.taken > 0
