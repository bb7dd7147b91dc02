"""The displacement fields that both the CPU and the CUDA drawing use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.generation.portrait.canvas import SIDE
from app.generation.portrait.cpu import draw
from app.generation.portrait.eyelids import eyelid_levels
from app.generation.portrait.face import Face
from app.generation.portrait.figure import figure
from app.generation.portrait.head import POSE, head_fields
from app.generation.portrait.motion import Motion
from app.generation.portrait.mouth import mouth_levels

FACE = Face((212.0, 180.0), (300.0, 180.0))
CANVAS = np.full((SIDE, SIDE, 3), 180, np.uint8)


def still(frames: int, **changed: float) -> Motion:
    values = {name: np.full(frames, changed.get(name, 0.0), np.float32) for name in ("jaw", "widen", "blink")}
    return Motion(**values, pose=np.zeros((frames, len(POSE)), np.float32))


def opened(levels, opening: float) -> float:
    """Return the height of what is painted on the window's middle column, in pixels."""
    _, _, cover = levels.at(opening)
    return float(cover[:, cover.shape[1] // 2].sum())


def test_shut_mouth_is_the_still_picture():
    shift, _, cover = mouth_levels(CANVAS, FACE).at(0.0)
    assert np.abs(shift).max() < 1e-3
    assert cover.max() == 0


def test_mouth_opens_steadily_with_the_jaw():
    levels = mouth_levels(CANVAS, FACE)
    heights = [opened(levels, opening) for opening in np.linspace(0, 1, 23)]
    assert heights == sorted(heights)
    assert 0.15 * FACE.unit < heights[-1] < 0.4 * FACE.unit


def test_jaw_takes_the_chin_down_and_leaves_the_cheeks_and_the_window_edge():
    levels = mouth_levels(CANVAS, FACE)
    shift, _, _ = levels.at(1.0)
    window = levels.window
    x, y = (int(each) for each in FACE.pixels(0, FACE.chin_v))
    assert shift[y - window.top, x - window.left, 1] < -0.1 * FACE.unit
    rim = np.concatenate((shift[0], shift[-1], shift[:, 0], shift[:, -1]))
    assert np.abs(rim).max() < 1


def test_fields_never_fold_the_picture_over():
    """Outside the parted lips, what was lower stays lower: the source row grows down every column."""
    levels = mouth_levels(CANVAS, FACE)
    shift, _, cover = levels.at(1.0)
    rows = shift[..., 1] + np.arange(shift.shape[0])[:, None]
    steps = np.diff(rows, axis=0)
    assert steps[(cover[1:] == 0) & (cover[:-1] == 0)].min() > 0


def test_guessed_face_gets_no_mouth_but_its_jaw_moves():
    levels = mouth_levels(CANVAS, replace(FACE, found=False))
    shift, _, cover = levels.at(1.0)
    assert cover.max() == 0
    assert np.abs(shift).max() > 3
    assert np.abs(np.diff(shift[..., 1], axis=0)).max() < 1, "no tear"


def test_lids_fall_only_where_eyes_were_seen():
    assert eyelid_levels(CANVAS, replace(FACE, eyes_seen=False)) == ()
    for lid in eyelid_levels(CANVAS, FACE):
        assert np.abs(lid.at(0.0)[0]).max() < 1e-4
        assert np.abs(lid.at(1.0)[0]).max() > 0.05 * FACE.unit


def test_head_fields_fade_to_nothing_inside_their_window():
    fields = head_fields(replace(FACE, left_eye=(244.0, 240.0), right_eye=(268.0, 240.0)))
    rim = np.concatenate([fields.fields[:, 0], fields.fields[:, -1]], axis=1)
    assert np.abs(rim).max() < 0.05
    assert np.abs(fields.fields).max() > 10


@pytest.mark.parametrize("name", POSE)
def test_each_pose_weight_moves_the_head(name: str):
    pose = np.zeros(len(POSE), np.float32)
    pose[POSE.index(name)] = 0.05
    shift = head_fields(FACE).shift(pose)
    assert shift.shape[:2] == (head_fields(FACE).window.height, head_fields(FACE).window.width)
    assert 0.5 < np.abs(shift).max() < 0.25 * FACE.unit


@pytest.mark.parametrize(
    "eyes", [((30.0, 40.0), (90.0, 40.0)), ((430.0, 470.0), (500.0, 490.0)), ((100.0, 200.0), (420.0, 200.0))]
)
def test_face_at_the_edge_or_larger_than_the_picture_is_drawn(eyes):
    noise = np.random.default_rng(2).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    person = figure(noise, replace(FACE, left_eye=eyes[0], right_eye=eyes[1]))
    window = person.head.window
    assert {each % 2 for each in (window.left, window.top, window.width, window.height)} == {0}
    (frame,) = draw(person, still(1, jaw=1.0, blink=1.0, widen=1.0))
    assert frame.shape == (window.height, window.width, 3)


def test_still_motion_draws_the_still_picture():
    noise = np.random.default_rng(3).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    person = figure(noise, FACE)
    (frame,) = draw(person, still(1))
    assert np.array_equal(frame, noise[person.head.window.slices])


def test_mouth_of_a_grey_picture_is_grey_and_of_a_dark_one_dark():
    colour = np.full_like(CANVAS, (215, 175, 150))
    paints = {
        name: mouth_levels(canvas, FACE).at(1.0)[1]
        for name, canvas in {"lit": colour, "dark": colour // 3, "grey": CANVAS}.items()
    }
    assert np.ptp(paints["grey"], axis=-1).max() < 0.5
    assert np.ptp(paints["lit"], axis=-1).max() > 20
    assert paints["dark"].max() < 0.6 * paints["lit"].max()
