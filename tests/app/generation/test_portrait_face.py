from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from app.generation.portrait.canvas import read_picture
from app.generation.portrait.face import Face
from app.generation.portrait.find import frame_face
from app.samples import PORTRAIT


@pytest.fixture(scope="module")
def drawn_face() -> np.ndarray:
    """A face of ellipses, lips shut; the lip line is at y = 735, the pupils are at (345, 510) and (555, 510)."""
    picture = Image.new("RGB", (900, 1200), (150, 180, 200))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((200, 180, 700, 560), fill=(70, 45, 30))
    pen.ellipse((240, 240, 660, 860), fill=(232, 190, 160))
    for x in (345, 555):
        pen.ellipse((x - 55, 480, x + 55, 540), fill=(250, 250, 250))
        pen.ellipse((x - 28, 482, x + 28, 538), fill=(50, 40, 30))
        pen.arc((x - 70, 430, x + 70, 520), 200, 340, fill=(70, 45, 30), width=12)
    pen.polygon([(450, 520), (415, 640), (485, 640)], fill=(215, 170, 140))
    pen.ellipse((360, 705, 540, 765), fill=(190, 90, 90))
    pen.line((362, 735, 538, 735), fill=(110, 40, 40), width=6)
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(2)))


def test_eyes_and_lips_of_the_shipped_portrait_are_found():
    _, face = frame_face(read_picture(PORTRAIT))
    assert face.found
    assert face.eyes_seen
    assert face.left_eye == pytest.approx((215, 182), abs=4)
    assert face.right_eye == pytest.approx((297, 185), abs=4)
    assert face.pixels(0, face.mouth_v) == pytest.approx((252, 271), abs=6), "where the teeth meet the lower lip"
    assert face.smile > 0.05


def test_a_drawn_face_is_found(drawn_face: np.ndarray):
    canvas, face = frame_face(drawn_face)
    assert face.found
    assert face.eyes_seen
    assert 0.2 * 512 < face.unit < 0.4 * 512
    lips = face.pixels(0, face.mouth_v)
    column = canvas[:, int(lips[0])].astype(int)
    assert column[int(lips[1]) - 3 : int(lips[1]) + 4].sum(axis=1).min() < 300, "the dark line between the lips"


def test_no_face_gives_a_centred_guess():
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    canvas, face = frame_face(cv2.GaussianBlur(noise, (0, 0), 3))
    assert canvas.shape == (512, 512, 3)
    assert (face.found, face.eyes_seen) == (False, False)
    assert face.pixels(0, 0)[0] == pytest.approx(256)


@pytest.mark.parametrize("tilt", [-0.3, 0.0, 0.2])
def test_face_coordinates_and_pixels_undo_each_other(tilt: float):
    right = (200 + 80 * np.cos(tilt), 180 + 80 * np.sin(tilt))
    face = Face((200, 180), right)
    assert face.unit == pytest.approx(80)
    x, y = face.pixels(0.3, 1.1)
    u, v = face.coordinates(np.float32([x]), np.float32([y]))
    assert (u[0], v[0]) == pytest.approx((0.3, 1.1), abs=1e-4)
    assert face.pixels(-0.5, 0) == pytest.approx((200, 180), abs=1e-6)


def test_smile_lifts_the_corners_of_the_lip_line():
    face = replace(Face((0, 0), (1, 0)), smile=0.1)
    line = face.lip_line(np.float32([-face.mouth_half_width, 0, face.mouth_half_width]))
    assert line == pytest.approx([face.mouth_v - 0.1, face.mouth_v, face.mouth_v - 0.1])
