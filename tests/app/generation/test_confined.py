"""Whatever a file does to what reads it: it is refused within bounds, and the next one is read as if nothing were."""

from __future__ import annotations

import os
import re
import signal
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app.generation.confined import DECODE, ExaminationFailedError, Examiner, examining
from app.generation.inputs import BadInput, check_audio
from app.samples import PORTRAIT, SPEECH
from tests.app.processes import until


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with examining(2) as examiner:
        yield examiner


def png(width: int, height: int) -> bytes:
    """Return a picture of 8 bytes a pixel that takes next to nothing on disk."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(1)
    row = b"\x04" + bytes(width * 8)  # the filter that takes longest
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that takes seconds to decode."""
    path = tmp_path_factory.mktemp("bombs") / "slow"
    path.write_bytes(png(8000, 5000))
    return path


def children(pid: int | str) -> list[int]:
    """Return the children of a process."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def helpers() -> list[int]:
    own = {int(child) for task in Path("/proc/self/task").iterdir() for child in children_of(task)}
    return [pid for pid in own if b"confined.helper" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def children_of(task: Path) -> list[str]:
    return (task / "children").read_text(encoding="ascii").split()


def test_good_files_are_read_and_decoded(examiner: Examiner) -> None:
    expected = check_audio(SPEECH).seconds
    assert examiner.check(PORTRAIT, SPEECH) == pytest.approx(expected)
    assert examiner.decode(PORTRAIT, SPEECH) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("image", "audio", "field"), [(SPEECH, SPEECH, "image"), (PORTRAIT, PORTRAIT, "audio")])
def test_bad_files_are_refused_by_their_field(examiner: Examiner, image: Path, audio: Path, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        examiner.check(image, audio)
    assert refused.value.field == field


def test_picture_that_only_breaks_when_decoded_is_refused_then(examiner: Examiner, tmp_path: Path) -> None:
    whole = png(640, 480)
    broken = tmp_path / "image"
    broken.write_bytes(whole[:100] + bytes(200) + whole[300:])
    assert examiner.check(broken, SPEECH) > 0
    with pytest.raises(BadInput, match="cannot be decoded"):
        examiner.decode(broken, SPEECH)


def test_bomb_is_refused_within_its_bounds_of_memory_and_work(examiner: Examiner, tmp_path: Path) -> None:
    bomb = tmp_path / "image"
    bomb.write_bytes(png(3000, 3000))
    with pytest.raises(BadInput, match="too much memory"):
        examiner.decode(bomb, SPEECH, replace(DECODE, memory_bytes=16 * 2**20))
    assert examiner.decode(bomb, SPEECH) > 0


@pytest.mark.slow
def test_file_that_takes_long_to_decode_is_refused_within_its_bounds(examiner: Examiner, slow: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read in bounds"):
        examiner.decode(slow, SPEECH, replace(DECODE, seconds=0.4))
    assert examiner.check(PORTRAIT, SPEECH) > 0


def test_file_that_takes_more_work_than_allowed_is_refused(slow: Path) -> None:
    """What a machine does in a second differs too much to be waited for: the bound is there, and its signal is sent."""
    with examining(1) as examiner, ThreadPoolExecutor(1) as pool:
        before = set(helpers())
        reading = pool.submit(examiner.decode, slow, SPEECH, replace(DECODE, cpu_seconds=7))
        (helper,) = until(lambda: set(helpers()) - before)
        (reader,) = until(lambda: children(helper))
        until(lambda: str(slow) in [*opened(reader)])
        limits = Path(f"/proc/{reader}/limits").read_text(encoding="ascii")
        assert re.search(r"^Max cpu time +7 +\d+ +seconds", limits, re.MULTILINE)
        assert re.search(r"^Max file size +0 +0 +bytes", limits, re.MULTILINE)  # nor can it write anything
        os.kill(reader, signal.SIGXCPU)
        with pytest.raises(BadInput, match="more than 7 s of work"):
            reading.result()


@pytest.mark.parametrize(("number", "error"), [(signal.SIGSEGV, BadInput), (signal.SIGKILL, ExaminationFailedError)])
def test_file_that_ends_its_reader_is_refused_but_a_killed_reader_is_no_fault_of_it(
    slow: Path, number: int, error: type[Exception]
) -> None:
    with examining(1) as examiner, ThreadPoolExecutor(1) as pool:
        before = set(helpers())
        reading = pool.submit(examiner.decode, slow, SPEECH)
        (helper,) = until(lambda: set(helpers()) - before)
        (reader,) = until(lambda: children(helper))
        until(lambda: str(slow) in [*opened(reader)])
        os.kill(reader, number)
        with pytest.raises(error):
            reading.result()
        assert examiner.check(PORTRAIT, SPEECH) > 0


def opened(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(descriptor.readlink())


def test_helper_that_ended_meanwhile_is_replaced() -> None:
    with examining(1) as examiner:
        before = set(helpers())
        examiner.check(PORTRAIT, SPEECH)
        (helper,) = set(helpers()) - before
        os.kill(helper, signal.SIGKILL)
        assert examiner.check(PORTRAIT, SPEECH) > 0


def test_helpers_end_with_the_block_and_know_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_DATABASE_PASSWORD", "hunter2")
    with examining(1) as examiner:
        before = set(helpers())
        examiner.check(PORTRAIT, SPEECH)
        (helper,) = set(helpers()) - before
        assert b"hunter2" not in Path(f"/proc/{helper}/environ").read_bytes()
    assert helper not in helpers()


def test_more_files_than_helpers_wait_for_each_other(examiner: Examiner) -> None:
    barrier = threading.Barrier(8)

    def check(_: int) -> float:
        barrier.wait(5)
        return examiner.check(PORTRAIT, SPEECH)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(check, range(8)))) == 1
