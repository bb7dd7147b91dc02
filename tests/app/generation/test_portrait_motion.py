from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.inputs import BadInput
from app.generation.portrait.manner import Manner, manner
from app.generation.portrait.motion import motion
from app.generation.portrait.speech import Speech, listen

RATE = 16_000


def hum(hertz: float, seconds: float, level: float = 0.4) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return level * sum(np.sin(2 * np.pi * hertz * n * time) / n for n in (1, 2, 3))


def heard(path: Path) -> Speech:
    return listen(path, lambda _: None)


def made_up(loudness: list[float]) -> Speech:
    values = np.asarray(loudness, np.float32)
    return Speech(len(values) / 25, values, np.full_like(values, 150), np.full_like(values, 900))


@pytest.mark.parametrize("hertz", [90, 180, 320])
def test_pitch_of_a_hum_is_heard(write_wav: Callable[..., Path], hertz: int):
    speech = heard(write_wav(hum(hertz, 1)))
    assert np.median(speech.pitch) == pytest.approx(hertz, rel=0.03)


def test_noise_and_silence_have_no_pitch(write_wav: Callable[..., Path]):
    noise = np.random.default_rng(1).normal(0, 0.1, RATE)
    assert np.median(heard(write_wav(noise)).pitch) == 0
    assert heard(write_wav(np.zeros(RATE))).pitch.max() == 0


@pytest.mark.parametrize(("rate", "seconds"), [(8_000, 1.0), (22_050, 0.5), (44_100, 0.11), (16_000, 2.02)])
def test_one_value_per_frame_whatever_the_rate(write_wav: Callable[..., Path], rate: int, seconds: float):
    speech = heard(write_wav(np.zeros(int(rate * seconds)), rate=rate))
    assert speech.seconds == pytest.approx(seconds, abs=0.01)
    assert len(speech.loudness) == pytest.approx(seconds * 25, abs=1)


@pytest.mark.slow
def test_sound_longer_than_its_header_said_is_refused(write_wav: Callable[..., Path]):
    with pytest.raises(BadInput, match="longer than its header says"):
        heard(write_wav(np.zeros(302 * 4_000), rate=4_000))


def test_jaw_follows_the_syllables(write_wav: Callable[..., Path]):
    syllables = np.concatenate([np.concatenate((hum(140, 0.24), np.zeros(int(0.24 * RATE)))) for _ in range(4)])
    jaw = motion(heard(write_wav(syllables)), Manner()).jaw
    assert jaw[[3, 15, 27, 39]].min() > 0.7
    assert jaw[[9, 21, 33]].max() < 0.15
    assert jaw[-1] < 0.3


def test_quiet_recording_opens_the_mouth_like_a_loud_one(write_wav: Callable[..., Path]):
    voice = np.concatenate((hum(140, 0.5), np.zeros(RATE // 2)))
    loud = motion(heard(write_wav(voice)), Manner()).jaw
    quiet = motion(heard(write_wav(voice * 0.05)), Manner()).jaw
    assert quiet.max() == pytest.approx(loud.max(), abs=0.15)


@pytest.mark.parametrize("level", [0.0, 0.0005])
def test_silence_and_hiss_keep_the_jaw_shut(write_wav: Callable[..., Path], level: float):
    hiss = np.random.default_rng(1).normal(0, 1, RATE) * level
    assert motion(heard(write_wav(hiss)), Manner()).jaw.max() == 0


def test_motion_begins_with_the_still_picture_and_blinks_within_seconds():
    moves = motion(made_up([-20.0] * 250), Manner())
    assert np.abs(moves.pose[0]).max() == 0
    assert moves.blink[:15].max() == 0
    starts = np.flatnonzero(np.diff((moves.blink > 0).astype(int)) == 1)
    assert 2 <= len(starts) <= 5


@given(st.lists(st.floats(-100, 3, width=32), min_size=1, max_size=120), st.floats(0.5, 1.6))
def test_motion_stays_within_its_bounds_for_any_speech(loudness: list[float], scale: float):
    moves = motion(made_up(loudness), Manner(head=scale, mouth=1 + (scale - 1) / 3))
    assert len(moves) == len(loudness)
    assert 0 <= moves.jaw.min() <= moves.jaw.max() <= 1
    assert 0 <= moves.blink.min() <= moves.blink.max() <= 1
    assert np.abs(moves.widen).max() <= 1
    assert np.abs(moves.pose).max() < 0.3


@pytest.mark.parametrize(
    ("prompt", "livelier"),
    [
        ("Say it calmly.", -1),
        ("An EXCITED newsreader!", 1),
        ("Friendly, please", 1),
        ("The quick brown fox", 0),
        ("recalming", 0),
        ("", 0),
        ("excited but calm", 1),
    ],
)
def test_words_of_the_prompt_scale_the_motion(prompt: str, livelier: int):
    asked = manner(prompt)
    assert np.sign(round(asked.head - 1, 6)) == livelier
    assert np.sign(round(asked.mouth - 1, 6)) == livelier
    assert abs(asked.mouth - 1) <= abs(asked.head - 1)
