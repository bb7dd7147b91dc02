"""Turns features of speech into what the face does, frame by frame."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.generation.portrait.face import AnyFloats, FloatArray
from app.generation.portrait.head import POSE
from app.generation.portrait.manner import Manner
from app.generation.portrait.speech import FPS, Speech

# Below this a recording is silence, whatever its own loudest part is.
_SILENCE_DB: Final = -58.0
_SPEECH_RANGE_DB: Final = 26.0
_CENTROID_HZ: Final = (500.0, 2600.0)
_BLINK: Final = np.array((0.45, 1.0, 1.0, 0.7, 0.3), np.float32)
_BLINK_SECONDS: Final = (2.2, 5.0)


@dataclass(frozen=True, slots=True)
class Motion:
    """One value, or one row, per frame.

    Attributes:
        jaw: 0 shut to 1 wide open.
        widen: -1 rounded to 1 spread.
        blink: 0 open to 1 shut.
        pose: weights of `head.POSE`, in face units (roll in radians).
    """

    jaw: FloatArray
    widen: FloatArray
    blink: FloatArray
    pose: FloatArray

    def __len__(self) -> int:
        return len(self.jaw)

    def part(self, start: int, stop: int) -> Motion:
        """Return the frames from `start` up to `stop`."""
        return Motion(*(each[start:stop] for each in (self.jaw, self.widen, self.blink, self.pose)))


def motion(speech: Speech, asked: Manner) -> Motion:
    """Return the motion for `speech`; the same speech always moves alike, so that a retried job gives the same video."""
    chance = np.random.default_rng(zlib.crc32(speech.loudness.tobytes()))
    jaw = _jaw(speech)
    return Motion(
        jaw=np.clip(jaw * asked.mouth, 0, 1),
        widen=_widen(speech, jaw),
        blink=_blinks(len(jaw), chance),
        pose=_pose(speech, jaw, asked, chance),
    )


def _jaw(speech: Speech) -> FloatArray:
    loudest = float(np.percentile(speech.loudness, 95))
    if loudest < _SILENCE_DB:
        return np.zeros_like(speech.loudness)
    floor = max(loudest - _SPEECH_RANGE_DB, _SILENCE_DB)
    opening = np.clip((speech.loudness - floor) / (loudest - floor + 1e-6), 0, 1.1) ** 1.6
    shaped = np.convolve(np.pad(opening, 1), (0.22, 0.56, 0.22), mode="valid")
    shaped[-1] = 0
    return np.clip(shaped, 0, 1).astype(np.float32)


def _widen(speech: Speech, jaw: FloatArray) -> FloatArray:
    low, high = _CENTROID_HZ
    spread = np.clip((speech.centroid - low) / (high - low), 0, 1) * 2 - 1
    sounding = np.clip(jaw * 4, 0, 1)
    return _slow(spread * sounding, 0.09)


def _blinks(frames: int, chance: np.random.Generator) -> FloatArray:
    blink = np.zeros(frames + len(_BLINK), np.float32)
    at = chance.uniform(0.8, 1.8)
    while at * FPS < frames:
        start = int(at * FPS)
        blink[start : start + len(_BLINK)] = np.maximum(blink[start : start + len(_BLINK)], _BLINK)
        at += chance.uniform(*_BLINK_SECONDS)
    return blink[:frames]


def _pose(speech: Speech, jaw: FloatArray, asked: Manner, chance: np.random.Generator) -> FloatArray:
    seconds = np.arange(len(jaw)) / FPS
    voiced = speech.pitch > 0
    middle = float(np.median(speech.pitch[voiced])) if voiced.any() else 1.0
    semitones = 12 * np.log2(np.where(voiced, speech.pitch, middle) / middle)
    melody = _slow(np.clip(semitones, -7, 7) / 7, 0.22)
    stress = _slow(jaw, 0.3)
    pose = {
        "aside": 0.030 * _sway(seconds, 5.3, chance),
        "down": 0.012 * _sway(seconds, 4.1, chance) + 0.020 * stress - 0.016 * melody,
        "roll": 0.016 * _sway(seconds, 6.7, chance) + 0.008 * melody,
        "turn": 0.050 * _sway(seconds, 4.7, chance),
        "nod": 0.045 * stress - 0.075 * melody + 0.015 * _sway(seconds, 3.6, chance),
    }
    gentle = np.clip(seconds / 0.4, 0, 1)  # begins as the still picture
    weights: FloatArray = (asked.head * gentle[:, None] * np.stack([pose[name] for name in POSE], axis=1)).astype(
        np.float32
    )
    return weights


def _sway(seconds: AnyFloats, period: float, chance: np.random.Generator) -> FloatArray:
    """Return a wander between -1 and 1: two sines that never quite repeat."""
    phases = chance.uniform(0, 2 * np.pi, 2)
    slow = np.sin(2 * np.pi * seconds / period + phases[0])
    wander: FloatArray = (0.65 * slow + 0.35 * np.sin(2 * np.pi * seconds / (0.43 * period) + phases[1])).astype(
        np.float32
    )
    return wander


def _slow(values: AnyFloats, seconds: float) -> FloatArray:
    """Return `values` smoothed forwards and backwards, so that nothing lags behind the sound."""
    reach = max(1, round(3 * seconds * FPS))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (seconds * FPS)) ** 2)
    padded = np.pad(values, reach, mode="edge")
    slowed: FloatArray = np.convolve(padded, kernel / kernel.sum(), mode="valid").astype(np.float32)
    return slowed
