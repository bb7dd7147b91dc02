from __future__ import annotations

import io
import pickle
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from PIL import Image

from app.generation.inputs import BadInput, InputLimits, check_image
from app.samples import PORTRAIT


def encoded(form: str, size: tuple[int, int] = (80, 100), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(buffer, form, **options)
    return buffer.getvalue()


def png_of(width: int, height: int) -> bytes:
    """Return a small, well-formed PNG whose header claims these sides."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def animated(form: str) -> bytes:
    return encoded(form, save_all=True, append_images=[Image.new("RGB", (80, 100), "red")], duration=100)


def refused(tmp_path: Path, content: bytes, name: str = "portrait.png") -> BadInput:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        check_image(path)
    assert caught.value.field == "image"
    assert caught.value.value
    assert caught.value.allowed
    return caught.value


@pytest.mark.parametrize(
    ("content", "form"),
    [
        pytest.param(encoded("JPEG"), "JPEG", id="jpeg"),
        pytest.param(encoded("JPEG", progressive=True, comment=b"x" * 500), "JPEG", id="progressive-jpeg"),
        pytest.param(encoded("PNG"), "PNG", id="png"),
        pytest.param(encoded("WEBP"), "WebP", id="lossy-webp"),
        pytest.param(encoded("WEBP", lossless=True), "WebP", id="lossless-webp"),
        pytest.param(encoded("WEBP", exif=b"Exif\0\0" + b"\0" * 8), "WebP", id="extended-webp"),
    ],
)
def test_still_picture_passes_whatever_its_name(tmp_path: Path, content: bytes, form: str):
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    facts = check_image(path)
    assert (facts.format, facts.width, facts.height, facts.bytes) == (form, 80, 100, len(content))


def test_shipped_portrait_passes():
    assert check_image(PORTRAIT).format == "JPEG"


@pytest.mark.parametrize(
    ("content", "found", "message"),
    [
        pytest.param(b"", "0 bytes", "empty", id="empty"),
        pytest.param(b"<!DOCTYPE html><p>404", "HTML", "not an image", id="html-named-png"),
        pytest.param(b"just words, really", "text", "not an image", id="text"),
        pytest.param(bytes(range(128, 200)), "unknown data", "not an image", id="noise"),
        pytest.param(animated("GIF"), "GIF", "not an image", id="gif"),
        pytest.param(animated("PNG"), "animated PNG", "animation", id="animated-png"),
        pytest.param(animated("WEBP"), "animated WebP", "animation", id="animated-webp"),
        pytest.param(png_of(40_000, 40_000), "40000 x 40000 pixels", "too many pixels", id="bomb"),
        pytest.param(png_of(8_193, 64), "8193 x 64 pixels", "too many pixels", id="one-side-too-long"),
        pytest.param(png_of(8_000, 8_000), "8000 x 8000 pixels", "too many pixels", id="too-many-in-all"),
        pytest.param(png_of(63, 400), "63 x 400 pixels", "too small", id="narrow"),
        pytest.param(png_of(0, 0), "0 x 0 pixels", "too small", id="no-pixels"),
        pytest.param(encoded("PNG")[:-40], "PNG of", "ends inside", id="cut-png"),
        pytest.param(encoded("PNG")[:20], "PNG of 20 bytes", "ends inside", id="png-header-only"),
        pytest.param(encoded("JPEG")[:-200], "JPEG of", "end marker", id="cut-jpeg"),
        pytest.param(b"\xff\xd8\xff\xd9", "JPEG of 4 bytes", "no picture", id="jpeg-without-picture"),
        pytest.param(b"\xff\xd8\xff" * 30, "JPEG of", "broken", id="jpeg-of-nonsense"),
        pytest.param(encoded("WEBP")[:-10], "WebP of", "broken", id="cut-webp"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\xff" * 60, "PNG of", "IHDR", id="png-of-nonsense"),
    ],
)
def test_bad_picture_is_refused_with_what_was_found(tmp_path: Path, content: bytes, found: str, message: str):
    error = refused(tmp_path, content)
    assert error.value.startswith(found)
    assert message in error.message


def test_file_beyond_the_limit_is_refused_unread(tmp_path: Path):
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(11 * 2**20)
    with pytest.raises(BadInput, match="11 MiB; allowed: up to 10 MiB"):
        check_image(path)


def test_limits_can_be_set(tmp_path: Path):
    path = tmp_path / "portrait.png"
    path.write_bytes(encoded("PNG"))
    with pytest.raises(BadInput, match=r"up to 0\.001 million pixels"):
        check_image(path, InputLimits(max_image_pixels=1000))


def test_bomb_is_refused_without_taking_memory(tmp_path: Path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of(40_000, 40_000))
    tracemalloc.start()
    with pytest.raises(BadInput):
        check_image(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_bad_input_survives_being_sent_between_processes(tmp_path: Path):
    error = refused(tmp_path, b"")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (copy.field, copy.value, copy.message, copy.allowed) == (
        error.field,
        error.value,
        error.message,
        error.allowed,
    )
