from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.generation import Generator, GeneratorUnusableError, load
from telemetry.gpu import Device

MODULE = """
class Fine:
    model = "fine-1"
    def __init__(self, device): self.device = device
    def generate(self, image, audio, prompt, output, context): ...

class Nameless(Fine):
    model = ""

class Silent:
    model = "silent-1"
    def __init__(self, device): ...

class Narrow(Fine):
    def generate(self, image): ...

class Deviceless(Fine):
    def __init__(self): ...

def function(device): ...
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "own_generator.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("own_generator", None)


def test_named_class_is_made_with_the_device(plugin: None, cpu: Device):
    generator = load("own_generator:Fine", cpu)
    assert isinstance(generator, Generator)
    assert (generator.model, generator.device) == ("fine-1", cpu)


def test_default_generator_loads(cpu: Device):
    assert load("app.generation.portrait:PortraitGenerator", cpu).model == "portrait-1"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("", "no module and class"),
        ("own_generator", "no module and class"),
        ("own_generator:", "no module and class"),
        ("no_such_module:Fine", "cannot be imported"),
        ("own_generator:Absent", "has no Absent"),
        ("own_generator:function", "is a function, not a class"),
        ("own_generator:Silent", "lacks generate"),
        ("own_generator:Nameless", "not a name"),
        ("own_generator:Narrow", "generate must take image, audio, prompt, output, context"),
        ("own_generator:Deviceless", "must be made with one argument, the device"),
    ],
)
def test_unusable_setting_is_named_with_its_reason(plugin: None, cpu: Device, spec: str, reason: str):
    with pytest.raises(GeneratorUnusableError) as caught:
        load(spec, cpu)
    assert caught.value.spec == spec
    assert reason in caught.value.reason
    assert f"PLAINVIEW_GENERATOR={spec!r}" in str(caught.value)
