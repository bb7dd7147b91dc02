"""The example of docs/GENERATOR.md, run as it stands there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import av
import pytest

from app.generation import load
from app.generation.portrait.manner import manner
from app.samples import PORTRAIT, SPEECH
from telemetry.gpu import Device

GUIDE = Path(__file__).parents[3] / "docs" / "GENERATOR.md"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The setting that the guide shows, with its module importable."""
    text = GUIDE.read_text(encoding="utf-8")
    spec = re.search(r"PLAINVIEW_GENERATOR=(\S+)", text)[1]
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    (tmp_path / f"{spec.partition(':')[0]}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    yield spec
    sys.modules.pop(spec.partition(":")[0], None)


def test_the_example_makes_a_video(example: str, cpu: Device, tmp_path: Path, recording):
    context = recording()
    facts = load(example, cpu).generate(PORTRAIT, SPEECH, "Hello.", tmp_path / "out.mp4", context)
    with av.open(str(tmp_path / "out.mp4")) as container:
        names = [stream.codec_context.name for stream in container.streams]
        frames = sum(1 for _ in container.decode(video=0))
    assert names == ["h264", "aac"]
    assert frames == facts.frames
    assert context.stages == ["decode", "encode"]


def test_words_of_the_guide_are_those_that_change_the_motion():
    sentence = re.search(r"how lively the portrait moves: (.*?) most\.", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[
        1
    ]
    groups = re.findall(r"\*(.*?)\*", sentence, re.DOTALL)
    scales = [{manner(word).head for word in re.findall(r"\w+", group)} for group in groups]
    assert [len(each) for each in scales] == [1, 1, 1]
    assert [each.pop() for each in scales] == sorted({manner(word).head for word in ("calm", "lively", "excited")})
