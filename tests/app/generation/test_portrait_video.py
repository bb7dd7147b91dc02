"""The default generator's video, read back from the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.generation import Cancelled
from app.generation.inputs import BadInput
from app.generation.portrait import PortraitGenerator
from app.generation.portrait.canvas import read_picture
from app.generation.portrait.find import frame_face
from app.generation.portrait.speech import listen
from app.samples import PORTRAIT, SPEECH

pytestmark = pytest.mark.slow


def lightness(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="gray") for frame in container.decode(video=0)]).astype(np.float32)


def mouth_darkness(frames: np.ndarray) -> np.ndarray:
    """Return how many dark pixels lie around the mouth, frame by frame."""
    _, face = frame_face(read_picture(PORTRAIT))
    x, y = face.pixels(0, face.mouth_v + 0.05)
    reach = int(0.3 * face.unit)
    box = frames[:, int(y) - reach : int(y) + reach, int(x) - reach : int(x) + reach]
    return (box < 60).mean(axis=(1, 2))


def test_video_is_h264_and_aac_that_any_player_takes(sample_video):
    with av.open(str(sample_video.path)) as container:
        pictures, sound = container.streams.video[0], container.streams.audio[0]
        assert (pictures.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert (pictures.codec_context.pix_fmt, pictures.width, pictures.height) == ("yuv420p", 512, 512)
        assert pictures.average_rate == pictures.guessed_rate == 25
        assert container.metadata["comment"] == "Say it warmly."


def test_index_lies_before_the_data_so_that_playing_can_begin_while_loading(sample_video):
    content = sample_video.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_video_is_as_long_as_the_speech(sample_video):
    with av.open(str(SPEECH)) as container:
        speech = container.duration / av.time_base
    with av.open(str(sample_video.path)) as container:
        pictures, sound = container.streams.video[0], container.streams.audio[0]
        assert float(pictures.duration * pictures.time_base) == pytest.approx(speech, abs=1 / 25)
        assert float(sound.duration * sound.time_base) == pytest.approx(speech, abs=1 / 25)
        times = [frame.pts * frame.time_base for frame in container.decode(pictures)]
    assert set(np.diff(times)) == {Fraction(1, 25)}
    assert sample_video.facts.frames == len(times)
    assert sample_video.facts.duration_seconds == pytest.approx(len(times) / 25)


def test_stages_follow_each_other_and_report_to_the_end(sample_video):
    context = sample_video.context
    assert context.stages == ["decode", "animate", "encode"]
    for stage in context.stages:
        assert context.progress_of[stage][-1] == 1
        assert context.progress_of[stage] == sorted(context.progress_of[stage])
    assert len(context.progress_of["animate"]) >= sample_video.facts.frames / 12, "a cancel point every half second"


def test_mouth_opens_with_the_loudness(sample_video):
    speech = listen(SPEECH, lambda _: None)
    open_, loud = mouth_darkness(lightness(sample_video.path)), np.clip(speech.loudness, -45, 0)
    assert np.corrcoef(open_, loud)[0, 1] > 0.6
    assert open_.max() > open_.min() + 0.04


def test_head_moves_gently_and_the_background_stands(sample_video):
    frames = lightness(sample_video.path)
    _, face = frame_face(read_picture(PORTRAIT))
    x, y = (int(each) for each in face.pixels(0, 0))
    head = np.s_[y - 90 : y + 40, x - 80 : x + 80]
    moves = [np.hypot(*cv2.phaseCorrelate(frames[0][head], frame[head])[0]) for frame in frames[::5]]
    assert 1 < max(moves) < 0.15 * face.unit
    assert np.abs(frames[:, :40, :40] - frames[0, :40, :40]).mean() < 1.5


def test_silence_keeps_the_mouth_shut(
    generator: PortraitGenerator, write_wav: Callable[..., Path], tmp_path: Path, recording, sample_video
):
    path = tmp_path / "silent.mp4"
    facts = generator.generate(PORTRAIT, write_wav(np.zeros(32_000)), "Say nothing.", path, recording())
    assert facts.frames == 50
    frames = lightness(path)
    assert np.ptp(mouth_darkness(frames)) < 0.25 * np.ptp(mouth_darkness(lightness(sample_video.path)))


def test_same_job_run_again_gives_the_same_video(generator: PortraitGenerator, tmp_path: Path, recording, sample_video):
    path = tmp_path / "again.mp4"
    generator.generate(PORTRAIT, SPEECH, "Say it warmly.", path, recording())
    assert path.read_bytes() == sample_video.path.read_bytes()


def test_picture_without_a_face_is_moved_without_a_mouth_and_says_so(
    generator: PortraitGenerator, write_wav: Callable[..., Path], tmp_path: Path, recording
):
    gray = tmp_path / "plain.png"
    cv2.imwrite(str(gray), np.full((200, 300, 3), 128, np.uint8))
    facts = generator.generate(gray, write_wav(np.zeros(8_000)), "Go.", tmp_path / "out.mp4", recording())
    assert (facts.width, facts.height) == (512, 512)
    assert "No face was found" in facts.notes[0]
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert facts.notes[0] in container.metadata["comment"]


@pytest.mark.parametrize("stage", ["decode", "animate", "encode"])
def test_cancelled_job_leaves_nothing_behind(generator: PortraitGenerator, tmp_path: Path, recording, stage: str):
    context = recording(cancel_in=stage)
    with pytest.raises(Cancelled):
        generator.generate(PORTRAIT, SPEECH, "Stop.", tmp_path / "out.mp4", context)
    assert context.stages[-1] == stage
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("field", ["image", "audio"])
def test_contents_broken_behind_a_sound_header_name_their_field(
    generator: PortraitGenerator, tmp_path: Path, recording, field: str
):
    inputs = {"image": tmp_path / "portrait.jpg", "audio": tmp_path / "speech.flac"}
    shutil.copy(PORTRAIT, inputs["image"])
    shutil.copy(SPEECH, inputs["audio"])
    whole = inputs[field].read_bytes()
    inputs[field].write_bytes(whole[:2000] if field == "image" else whole[:20] + b"\xff" * 4000)
    with pytest.raises(BadInput) as caught:
        generator.generate(inputs["image"], inputs["audio"], "Go.", tmp_path / "out.mp4", recording())
    assert caught.value.field == field
    assert not (tmp_path / "out.mp4").exists()
