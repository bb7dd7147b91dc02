from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.generation.inputs import BadInput, check_audio
from app.samples import SPEECH

RATE = 16_000


def tone(seconds: float) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * RATE)) / RATE)


def encode(path: Path, container: str, codec: str, seconds: float = 2.0) -> Path:
    samples = tone(seconds).astype(np.float32)
    with av.open(str(path), "w", format=container) as output:
        layout = "stereo" if codec == "vorbis" else "mono"  # all that FFmpeg's own encoder can do
        stream = output.add_stream(codec, rate=48_000 if codec == "libopus" else RATE, layout=layout)
        stream.codec_context.options = {"strict": "experimental"}
        resampler = av.AudioResampler(stream.format.name, layout, stream.rate)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        fifo = av.AudioFifo()
        for resampled in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(resampled)
        size = stream.codec_context.frame_size or 1024
        for block in fifo.read_many(size, partial=True):
            output.mux(stream.encode(block))
        output.mux(stream.encode(None))
    return path


def wav_header(seconds: float, data_bytes: int | None = None, rate: int = 44_100) -> bytes:
    size = int(seconds * rate * 2) if data_bytes is None else data_bytes
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        (36 + size) % 2**32,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate,
        rate * 2,
        2,
        16,
        b"data",
        size,
    )


def refused(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        check_audio(path)
    assert caught.value.field == "audio"
    assert caught.value.value
    assert caught.value.allowed
    return caught.value


@pytest.mark.parametrize(
    ("container", "codec", "form"),
    [
        ("wav", "pcm_s16le", "WAV"),
        ("mp3", "libmp3lame", "MP3"),
        ("flac", "flac", "FLAC"),
        ("ogg", "vorbis", "OGG"),
        ("ogg", "libopus", "OGG"),
        ("ipod", "aac", "M4A"),
    ],
)
def test_speech_passes_whatever_its_name(tmp_path: Path, container: str, codec: str, form: str):
    facts = check_audio(encode(tmp_path / "portrait.png", container, codec))
    assert facts.format == form
    assert facts.seconds == pytest.approx(2, abs=0.1)
    assert facts.channels in (1, 2)


def test_shipped_speech_passes():
    facts = check_audio(SPEECH)
    assert (facts.codec, facts.sample_rate, facts.channels) == ("pcm_s16le", 22_050, 1)
    assert 4 < facts.seconds < 6


@pytest.mark.parametrize("unknown", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_wav_from_a_pipe_does_not_know_its_length_and_passes(tmp_path: Path, unknown: int):
    path = tmp_path / "piped.wav"
    path.write_bytes(wav_header(0, data_bytes=unknown) + b"\1\0" * 44_100)
    assert check_audio(path).seconds == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("content", "found", "message"),
    [
        pytest.param(b"", "0 bytes", "empty", id="empty"),
        pytest.param(b"<html>not found</html>", "HTML", "not audio", id="html-named-wav"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "PNG", "not audio", id="picture"),
        pytest.param(wav_header(3) + b"\0" * 44_100, "44100 of 264600 bytes", "cut off", id="cut-wav"),
        pytest.param(wav_header(3)[:30], "WAV of 30 bytes", "broken", id="wav-header-cut"),
        pytest.param(wav_header(7200), "2 h 0 min", "too long", id="two-hours"),
        pytest.param(wav_header(0.01) + b"\0" * 882, "0.01 s", "too short", id="a-click"),
        pytest.param(wav_header(2, rate=0), "WAV of", "byte rate", id="rate-of-zero"),
        pytest.param(b"RIFF" + b"\0" * 4 + b"WAVE" + b"\0" * 40, "WAV of", "no sound", id="wav-of-nothing"),
        pytest.param(b"fLaC" + b"\xff" * 400, "FLAC of", "broken", id="flac-of-nonsense"),
        pytest.param(b"OggS" + b"\0" * 400, "OGG of", "broken", id="ogg-of-nonsense"),
        pytest.param(b"\0\0\0\x20ftypM4A " + b"\0" * 400, "M4A of", "broken", id="m4a-of-nonsense"),
        pytest.param(b"ID3\4\0\0\0\0\0\0" + b"\0" * 400, "MP3 of", "broken", id="mp3-of-nonsense"),
    ],
)
def test_bad_speech_is_refused_with_what_was_found(tmp_path: Path, content: bytes, found: str, message: str):
    path = tmp_path / "speech.wav"
    path.write_bytes(content)
    error = refused(path)
    assert error.value.startswith(found)
    assert message in error.message


@pytest.mark.parametrize(("container", "codec"), [("flac", "flac"), ("ipod", "aac"), ("mp3", "libmp3lame")])
def test_compressed_speech_that_was_cut_off_is_refused(tmp_path: Path, container: str, codec: str):
    path = encode(tmp_path / "whole", container, codec, seconds=20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refused(path).message.rstrip(".").endswith("cut off") or "broken" in refused(path).message


def test_long_speech_in_a_small_file_is_refused(tmp_path: Path, write_wav: Callable[..., Path]):
    path = write_wav(np.zeros(301 * 4_000), rate=4_000)
    assert refused(path).value == "5 min 1 s"


def test_video_with_sound_is_read_by_its_sound_only(sample_video, tmp_path: Path):
    assert check_audio(sample_video.path).codec == "aac"


def test_file_beyond_the_limit_is_refused_unread(tmp_path: Path):
    path = tmp_path / "huge.wav"
    with path.open("wb") as file:
        file.truncate(26 * 2**20)
    assert refused(path).value == "26 MiB"
