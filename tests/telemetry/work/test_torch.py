"""Memory as torch's allocator tells it, through a stand-in with torch's own functions; `gpu` asks the real one."""

import threading

import pytest

from telemetry import gpu_work
from telemetry.gpu import Device
from tests.telemetry.gpu.looking import series
from tests.telemetry.work.torch_stand_in import torch_on

MIB = 2**20
UUID, OTHER = "GPU-11111111-aaaa", "GPU-22222222-bbbb"


@pytest.fixture
def torch():
    with torch_on(UUID, OTHER) as torch:
        yield torch


def test_current_card_of_torch_is_what_work_runs_on(telemetry, torch):
    torch.current = 1
    with gpu_work("render") as work:
        pass
    assert (work.device.kind, work.device.uuid) == ("gpu", OTHER)


def test_torch_that_was_loaded_and_not_used_is_left_alone(telemetry, torch):
    torch.initialized = False
    with gpu_work("render") as work:
        pass
    assert work.device.kind == "cpu"


def test_peak_baseline_rest_and_fragmentation_are_torchs(telemetry, registry, spans, torch):
    torch.allocate(100 * MIB)  # the model
    with gpu_work("render", model="m") as work:
        torch.allocate(400 * MIB)
        torch.free(300 * MIB)
        torch.cards[0].inactive_split = 7 * MIB
    memory = work.memory
    assert (memory.source, memory.baseline, memory.peak, memory.after) == ("torch", 100 * MIB, 500 * MIB, 200 * MIB)
    assert (memory.peak_reserved, memory.fragmented) == (500 * MIB, 300 * MIB)
    said = spans.only().attributes
    assert said["plainview.memory.peak_bytes"] == 500 * MIB
    assert said["plainview.memory.fragmented_bytes"] == 300 * MIB
    assert said["plainview.memory.source"] == "torch"
    assert registry.get_sample_value("torch_memory_inactive_split_bytes", {"gpu_uuid": UUID}) == 7 * MIB
    assert registry.get_sample_value("torch_memory_reserved_bytes", {"gpu_uuid": UUID}) == 500 * MIB
    labels = {"model": "m", "device": "gpu", "source": "torch"}
    assert registry.get_sample_value("model_memory_baseline_bytes", labels) == 100 * MIB
    labels = {"operation": "render", "device": "gpu", "source": "torch"}
    assert registry.get_sample_value("gpu_work_memory_peak_bytes_sum", labels) == 500 * MIB


def test_peak_of_the_work_before_is_not_this_ones(telemetry, torch):
    with gpu_work("large"):
        torch.allocate(900 * MIB)
        torch.free(900 * MIB)
    with gpu_work("small") as small:
        torch.allocate(MIB)
    assert small.memory.peak == MIB


def test_works_that_overlap_each_see_the_peak_of_their_own_time(telemetry, torch):
    """The second one begins torch's peak anew; the first must not forget what it saw before that."""
    entered, leave = threading.Event(), threading.Event()
    works = []

    def first():
        with gpu_work("first", device=UUID) as work:
            works.append(work)
            torch.allocate(800 * MIB)
            torch.free(800 * MIB)
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    with gpu_work("second", device=UUID) as second:
        torch.allocate(50 * MIB)
    leave.set()
    thread.join()
    assert (works[0].memory.peak, second.memory.peak) == (800 * MIB, 50 * MIB)


def test_torch_that_begins_within_the_first_work_is_asked_at_its_end(telemetry, torch):
    torch.initialized = False
    with gpu_work("render", model="m", device=Device("gpu", "L4", UUID)) as work:
        torch.initialized = True
        torch.allocate(30 * MIB)
    assert (work.memory.source, work.memory.peak, work.memory.baseline) == ("torch", 30 * MIB, None)
    with gpu_work("render", model="m", device=Device("gpu", "L4", UUID)) as work:
        pass
    assert work.memory.baseline == 30 * MIB


def test_main_memory_of_the_process_is_followed_beside_the_cards(telemetry, registry, torch):
    for _ in range(2):
        with gpu_work("render", model="m"):
            torch.allocate(MIB)
    after = series(registry, "model_memory_after_work_bytes")
    assert after["gpu", "m", "torch"] == 2 * MIB
    assert after["gpu", "m", "rss"] > 10 * MIB
    assert len(after) == 2


def test_torchs_own_error_is_an_event_of_the_trace_and_counted(telemetry, registry, spans, torch):
    with pytest.raises(RuntimeError), gpu_work("render", model="m") as work:
        torch.allocate(1 << 35)
    assert (work.outcome, work.kind, work.out_of_memory) == ("out_of_memory", "failed", "torch")
    labels = {"operation": "render", "source": "torch"}
    assert registry.get_sample_value("gpu_out_of_memory_total", labels) == 1
    assert series(registry, "gpu_work_duration_seconds_count") == {("render", "out_of_memory"): 1}
    (event,) = spans.only().events
    assert event.name == "gpu.out_of_memory"
    assert event.attributes["plainview.out_of_memory.source"] == "torch"
    assert "Tried to allocate" not in spans.only().to_json()


def test_torch_that_fails_breaks_neither_the_work_nor_a_scrape(telemetry, registry, torch):
    with gpu_work("render"):
        pass

    def broken(_device=None):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    torch.cuda.max_memory_allocated = torch.cuda.memory_reserved = broken
    with gpu_work("render") as work:
        pass
    assert (work.outcome, work.memory) == ("succeeded", None)
    assert series(registry, "torch_memory_reserved_bytes") == {}
    with gpu_work("render") as work:
        pass
    assert work.gpu_seconds > 0


@pytest.mark.gpu
def test_real_torch_tells_what_was_allocated_and_runs_out(telemetry):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU")
    torch.zeros(1, device="cuda")
    with gpu_work("render", model="m") as work:
        held = torch.empty(64 * MIB, dtype=torch.uint8, device="cuda")
        del held
    assert work.device.uuid is not None
    assert work.memory.source == "torch"
    assert 64 * MIB <= work.memory.peak < 80 * MIB
    with pytest.raises(RuntimeError), gpu_work("render", model="m") as work:
        torch.empty(1 << 50, dtype=torch.uint8, device="cuda")
    assert (work.outcome, work.out_of_memory) == ("out_of_memory", "torch")
