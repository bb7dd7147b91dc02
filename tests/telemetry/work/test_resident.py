"""Main memory plays the part of device memory where the CPU stands in, and says so."""

import pytest

from telemetry import gpu_work
from telemetry.work._resident import ResidentMemory

MIB = 2**20


def test_peak_of_the_work_is_the_process_memory_it_reached(telemetry, registry, spans):
    with gpu_work("render", model="m") as work:
        held = bytearray(64 * MIB)
        del held
    assert work.memory.source == "rss"
    assert work.memory.peak - work.memory.baseline >= 60 * MIB
    with gpu_work("render", model="m") as second:
        pass
    assert second.memory.peak < work.memory.peak
    labels = {"model": "m", "device": "cpu", "source": "rss"}
    assert registry.get_sample_value("model_memory_baseline_bytes", labels) == work.memory.baseline
    assert registry.get_sample_value("model_memory_after_work_bytes", labels) == second.memory.after
    assert registry.get_sample_value("model_memory_leak_bytes", labels) is None
    assert spans.all()[0].attributes["plainview.memory.source"] == "rss"


@pytest.fixture
def process(tmp_path):
    """A folder of /proc of a kernel that does not let the peak be begun anew."""
    (tmp_path / "clear_refs").mkdir()
    (tmp_path / "status").write_text("Name:\tpython\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n")
    return tmp_path


def test_peak_that_cannot_be_begun_anew_is_unknown_until_it_rises(process):
    memory = ResidentMemory(process)
    memory.mark()
    assert (memory.now(), memory.peak()) == (1 * MIB, None)
    (process / "status").write_text("VmHWM:\t  4096 kB\nVmRSS:\t  1024 kB\n")
    assert memory.peak() == 4 * MIB


def test_system_without_proc_tells_nothing(tmp_path):
    memory = ResidentMemory(tmp_path / "absent")
    memory.mark()
    assert (memory.now(), memory.peak()) == (None, None)
