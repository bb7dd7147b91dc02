"""Writes the MP4: H.264 of the frames, AAC of the speech, ready to play while it loads."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
from av.audio.frame import AudioFrame
from av.video.reformatter import ColorRange, Colorspace

from app.generation.portrait.canvas import SIDE, Pixels
from app.generation.portrait.speech import FPS

AUDIO_RATE: Final = 48_000
_AUDIO_BITS: Final = 96_000
_X264: Final = {"preset": "veryfast", "crf": "20"}


class Video:
    """An MP4 being written. Sound is taken along with the pictures, so that neither waits in memory for the other."""

    def __init__(self, path: Path, sound: Iterator[AudioFrame], comment: str) -> None:
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._container.metadata["comment"] = comment
        self._pictures = self._container.add_stream("libx264", rate=FPS, options=dict(_X264))
        self._pictures.width = self._pictures.height = SIDE
        self._pictures.pix_fmt = "yuv420p"
        self._pictures.codec_context.time_base = Fraction(1, FPS)
        self._pictures.codec_context.colorspace = Colorspace.ITU601
        self._pictures.codec_context.color_range = ColorRange.MPEG
        self._speech = self._container.add_stream("aac", rate=AUDIO_RATE, layout="mono")
        self._speech.bit_rate = _AUDIO_BITS
        self._sound = sound
        self._frames = 0
        self._samples = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def show(self, planes: Pixels) -> None:
        """Add one frame, given as YUV 4:2:0 planes one below the other."""
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = self._frames, Fraction(1, FPS)
        self._frames += 1
        self._container.mux(self._pictures.encode(frame))
        self._sound_until(self._frames / FPS)

    def finish(self) -> None:
        """Write what the encoders still hold, and the rest of the sound."""
        self._container.mux(self._pictures.encode(None))
        self._sound_until(float("inf"))
        self._container.mux(self._speech.encode(None))

    def _sound_until(self, seconds: float) -> None:
        while self._samples < seconds * AUDIO_RATE:
            block = next(self._sound, None)
            if block is None:
                return
            block.pts, block.time_base = self._samples, Fraction(1, AUDIO_RATE)
            self._samples += block.samples
            self._container.mux(self._speech.encode(block))
