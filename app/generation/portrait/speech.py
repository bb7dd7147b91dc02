"""Listens to the speech once and keeps four numbers per video frame; the sound itself is never held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from app.generation.inputs import DEFAULT_LIMITS, BadInput
from app.generation.portrait.face import FloatArray
from app.generation.portrait.sound import decode

RATE: Final = 16_000
FPS: Final = 25
_HOP: Final = RATE // FPS
_WINDOW: Final = 1024
_PITCH_HZ: Final = (70, 400)
_VOICED: Final = 0.45
_VOWEL_HZ: Final = (150, 2800)
_ALLOWED: Final = "whole speech as WAV, MP3, FLAC, OGG or M4A"


@dataclass(frozen=True, slots=True)
class Speech:
    """The speech as the animation needs it; one value per video frame.

    Attributes:
        seconds: length of the decoded sound.
        loudness: level of the vowels' band in dB below full scale.
        pitch: Hz, 0 where there is no voice.
        centroid: middle of the spectrum in Hz.
    """

    seconds: float
    loudness: FloatArray
    pitch: FloatArray
    centroid: FloatArray


def listen(path: Path, heard: Callable[[float], None]) -> Speech:
    """Return the features of the speech at `path`; `heard` is called with the seconds decoded so far.

    Raises:
        BadInput: it cannot be decoded, holds nothing, or is longer than its header said.
    """
    window = np.hanning(_WINDOW).astype(np.float32)
    features: list[tuple[float, float, float]] = []
    pending = np.zeros(_WINDOW // 2, np.float32)
    samples = 0
    for frame in decode(path, RATE):
        block = np.nan_to_num(frame.to_ndarray()[0])
        samples += len(block)
        if samples > (DEFAULT_LIMITS.max_audio_seconds + 1) * RATE:
            raise BadInput("audio", f"over {samples // RATE} s", "The audio is longer than its header says.", _ALLOWED)
        pending = np.concatenate((pending, block))
        while len(pending) >= _WINDOW:
            features.append(_features(pending[:_WINDOW] * window))
            pending = pending[_HOP:]
        heard(samples / RATE)
    if samples == 0:
        raise BadInput("audio", "no samples", "The audio holds no sound.", _ALLOWED)
    frames = max(1, round(samples * FPS / RATE))
    pending = np.concatenate((pending, np.zeros(_WINDOW + _HOP, np.float32)))
    while len(features) < frames:
        features.append(_features(pending[:_WINDOW] * window))
        pending = np.concatenate((pending[_HOP:], np.zeros(_HOP, np.float32)))
    loudness, pitch, centroid = np.asarray(features[:frames], np.float32).T
    return Speech(samples / RATE, loudness, pitch, centroid)


def _features(samples: FloatArray) -> tuple[float, float, float]:
    spectrum = np.abs(np.fft.rfft(samples, 2 * _WINDOW)) ** 2
    hertz = np.fft.rfftfreq(2 * _WINDOW, 1 / RATE)
    total = spectrum.sum() + 1e-9
    vowels = spectrum[(hertz >= _VOWEL_HZ[0]) & (hertz <= _VOWEL_HZ[1])].sum()
    loudness = 10 * np.log10(vowels / (_WINDOW * _WINDOW * 0.375) + 1e-9)
    return float(loudness), _pitch(spectrum), float((spectrum * hertz).sum() / total)


def _pitch(spectrum: FloatArray) -> float:
    correlation = np.fft.irfft(spectrum)
    shortest, longest = RATE // _PITCH_HZ[1], RATE // _PITCH_HZ[0]
    lag = shortest + int(np.argmax(correlation[shortest:longest]))
    voiced = correlation[lag] > _VOICED * correlation[0] and correlation[0] > 1e-6  # noqa: PLR2004 - silence
    return RATE / lag if voiced else 0.0
