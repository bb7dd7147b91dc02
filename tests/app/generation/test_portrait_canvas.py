from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.generation.portrait.canvas import SIDE, cut, read_picture


def test_picture_is_turned_upright_as_exif_asks(tmp_path: Path):
    picture = Image.new("RGB", (120, 80), "white")
    picture.paste("black", (0, 0, 60, 80))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise: left becomes top
    picture.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    upright = read_picture(tmp_path / "turned.jpg")
    assert upright.shape == (120, 80, 3)
    assert upright[:50].mean() < 20
    assert upright[-50:].mean() > 235


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK"])
def test_any_kind_of_pixel_becomes_rgb(tmp_path: Path, mode: str):
    path = tmp_path / ("picture.jpg" if mode == "CMYK" else "picture.png")
    Image.new("RGB", (90, 70), (200, 200, 200)).convert(mode).save(path)
    picture = read_picture(path)
    assert (picture.shape, picture.dtype) == ((70, 90, 3), np.uint8)
    assert picture.mean() == pytest.approx(200, abs=4)


def test_sixteen_bits_keep_their_brightness(tmp_path: Path):
    Image.fromarray(np.full((70, 90), 200 * 256, np.uint16)).save(tmp_path / "deep.png")
    assert read_picture(tmp_path / "deep.png").mean() == pytest.approx(200, abs=1)


def test_one_bit_picture_becomes_black_and_white(tmp_path: Path):
    Image.new("1", (90, 70), 1).save(tmp_path / "fax.png")
    assert set(read_picture(tmp_path / "fax.png").ravel()) == {255}


def test_what_is_transparent_becomes_grey(tmp_path: Path):
    Image.new("RGBA", (80, 80), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert set(read_picture(tmp_path / "clear.png").ravel()) == {128}


def test_large_picture_is_made_smaller(tmp_path: Path):
    Image.new("RGB", (4000, 3000), "white").save(tmp_path / "large.jpg")
    assert max(read_picture(tmp_path / "large.jpg").shape) <= 1600


@pytest.mark.parametrize("size", [(64, 64), (700, 90), (90, 700), (1600, 1200)])
def test_cut_is_a_square_inside_the_picture(size: tuple[int, int]):
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    square, (left, top, scale) = cut(picture, (0, 0), 5000)
    assert square.shape == (SIDE, SIDE, 3)
    assert (left, top) == (0, 0)
    assert scale == pytest.approx(SIDE / min(size))
