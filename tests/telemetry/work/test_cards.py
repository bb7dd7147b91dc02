"""Joules and memory of work on scripted cards, through the real pynvml and the reader."""

import os
import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from telemetry import TelemetrySettings, catalog, gpu_work, start
from telemetry.gpu import Value, open_gpus
from telemetry.gpu._processes import own_pid
from tests.telemetry.gpu.looking import by_model, later_than, series, until

H100, RTX4090 = 0, 1
GIB = 2**30


def readings(gpus, count):
    """Wait for so many more readings."""
    for _ in range(count):
        until(gpus, later_than(gpus.snapshot()))


def used(gpus, size):
    until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_MEMORY_USED) == Value(size))


def test_joules_are_those_of_the_energy_counter(cards, opened, telemetry, registry):
    cards.gpu(H100, power_mw=400_000, energy_mj=1_000_000)
    with opened() as gpus, gpu_work("render") as work:
        readings(gpus, 2)
        cards.gpu(H100, energy_mj=1_050_000)
        until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_ENERGY) == Value(1050.0))
    assert work.joules_source == "counter"
    # Beside the counter's 50 J there is the power since the last reading, less what was there of it at the start.
    assert 50 - 400 * 0.1 <= work.joules <= 50 + 400 * work.duration_seconds
    labels = {"operation": "render", "device": "gpu", "source": "counter"}
    assert registry.get_sample_value("gpu_work_energy_joules_total", labels) == work.joules


def test_card_without_a_counter_is_metered_by_its_power_and_says_so(cards, opened, telemetry, spans):
    cards.gpu(H100, power_mw=500_000, energy_mj="N/A")
    with opened() as gpus, gpu_work("render") as work:
        readings(gpus, 5)
    assert work.joules == pytest.approx(500 * work.gpu_seconds, rel=0.05)
    assert work.joules_source == spans.only().attributes["plainview.gpu.joules.source"] == "power"


def test_card_that_tells_neither_leaves_the_joules_out(cards, opened, telemetry, registry, spans):
    cards.gpu(H100, power_mw="N/A", energy_mj="N/A")
    with opened() as gpus, gpu_work("render") as work:
        readings(gpus, 2)
    assert (work.joules, work.joules_source) == (None, None)
    assert "plainview.gpu.joules" not in spans.only().attributes
    assert series(registry, "gpu_work_energy_joules_total") == {}


def test_card_lost_meanwhile_leaves_joules_and_memory_unknown(cards, opened, telemetry):
    with opened() as gpus, gpu_work("render") as work:
        cards.lost(H100)
        until(gpus, lambda new: by_model(new, "H100").lost is not None)
        readings(gpus, 2)
    assert (work.outcome, work.joules) == ("succeeded", None)


def test_peak_is_what_the_card_had_in_use_above_its_baseline(cards, opened, telemetry, registry):
    cards.gpu(H100, memory__used=10 * GIB)
    with opened() as gpus:
        used(gpus, 10 * GIB)
        with gpu_work("render", model="m") as work:
            cards.gpu(H100, memory__used=34 * GIB)
            used(gpus, 34 * GIB)
            cards.gpu(H100, memory__used=12 * GIB)
            used(gpus, 12 * GIB)
        assert (work.memory.source, work.memory.peak) == ("nvml_device", 24 * GIB)
        assert work.memory.baseline == 10 * GIB
        readings(gpus, 2)
        labels = {"model": "m", "device": "gpu", "source": "nvml_device"}
        assert registry.get_sample_value("model_memory_after_work_bytes", labels) == 12 * GIB


@pytest.mark.skipif(own_pid() is None, reason="process ids here are not the host's, which the driver lists")
def test_memory_of_this_process_is_told_where_nvml_lists_it(cards, opened, telemetry, registry):
    cards.proc(H100, os.getpid(), mem=3 * GIB)
    cards.proc(H100, 4242, mem=40 * GIB)
    with opened() as gpus:
        uuid = by_model(gpus.snapshot(), "H100").uuid
        with gpu_work("render", model="m") as work:
            cards.proc(H100, os.getpid(), mem=9 * GIB)
            own = catalog.PROCESS_GPU_MEMORY
            until(gpus, lambda new: by_model(new, "H100").reading(own) == Value(9 * GIB))
        assert (work.memory.source, work.memory.baseline, work.memory.peak) == ("nvml_process", 3 * GIB, 9 * GIB)
        assert registry.get_sample_value("process_gpu_memory_bytes", {"gpu_uuid": uuid}) == 9 * GIB
        assert series(registry, "gpu_process_memory_bytes") == {}  # of others only where it was asked for


def test_work_that_no_reading_fell_into_has_no_peak(cards, telemetry):
    with open_gpus(TelemetrySettings(gpu_interval=timedelta(minutes=1)), telemetry), gpu_work("blink") as work:
        pass
    assert work.memory is not None
    assert work.memory.peak is None
    assert work.memory.baseline is not None


@pytest.mark.skipif(own_pid() is None, reason="process ids here are not the host's, which the driver lists")
def test_leak_on_a_card_is_seen_in_what_nvml_lists_for_this_process(cards, opened, telemetry):
    own = catalog.PROCESS_GPU_MEMORY
    cards.proc(H100, os.getpid(), mem=GIB)
    with opened() as gpus:
        for number in range(2, 18):
            with gpu_work("render", model="m") as work:
                pass
            cards.proc(H100, os.getpid(), mem=number * GIB)
            until(gpus, lambda new, held=number * GIB: by_model(new, "H100").reading(own) == Value(held))
            readings(gpus, 1)
    life = telemetry.places.of(work.device).lives()[0]
    assert (life.source, life.baseline, life.of_this_process) == ("nvml_process", GIB, True)
    assert life.leak_now() == pytest.approx(GIB, rel=0.1)


def failed(opened):
    """Return work that met an error which does not say why, once the card was read twice."""
    works = []
    with suppress(RuntimeError), opened() as gpus, gpu_work("render") as work:
        works.append(work)
        readings(gpus, 2)
        raise RuntimeError("CUDA error: unspecified launch failure")
    return works[0]


def test_full_card_under_an_unspecific_error_is_a_lack_of_memory(cards, opened, telemetry, registry):
    cards.gpu(H100, memory__total=80 * GIB, memory__reserved=1 * GIB, memory__used=78.9 * GIB)
    work = failed(opened)
    assert (work.outcome, work.out_of_memory) == ("out_of_memory", "reading")
    assert registry.get_sample_value("gpu_out_of_memory_total", {"operation": "render", "source": "reading"}) == 1


def test_card_with_room_under_the_same_error_is_a_failure(cards, opened, telemetry):
    cards.gpu(H100, memory__total=80 * GIB, memory__reserved=1 * GIB, memory__used=60 * GIB)
    work = failed(opened)
    assert (work.outcome, work.out_of_memory) == ("failed", None)


def test_mig_device_has_memory_of_its_own_and_no_energy(cards, opened, telemetry):
    cards.mig(H100, ("1g.10gb", "1g.10gb"))
    with opened() as gpus:
        keys = by_model(gpus.snapshot(), "H100").readings
        uuid = next(key.labels[3] for key in keys if key.metric is catalog.GPU_INSTANCE_INFO)
        with gpu_work("render", model="m", device=uuid) as work:
            readings(gpus, 2)
    assert work.device.uuid == uuid
    assert work.joules is None
    assert work.memory is not None
    assert work.memory.source == "nvml_device"


def test_visible_card_is_the_one_that_work_runs_on(cards, opened, telemetry, monkeypatch):
    with opened() as gpus:
        uuid = by_model(gpus.snapshot(), "4090").uuid
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", uuid)
        assert gpus.device().uuid == uuid
        with gpu_work("render") as work:
            pass
        assert (work.device.uuid, work.device.name) == (uuid, "NVIDIA GeForce RTX 4090")
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        assert gpus.device().kind == "cpu"


def test_cards_are_opened_by_the_first_work_of_an_app_that_has_not(cards, registry, spans):
    cards.gpu(H100, memory__used=10 * GIB)
    with start(TelemetrySettings(service_name="shop"), registry=registry) as telemetry:
        assert not telemetry.watches_gpus
        with gpu_work("render") as work:
            pass
        assert (work.device.kind, work.device.name) == ("gpu", "NVIDIA H100 80GB HBM3")
        assert registry.get_sample_value("gpu_devices") == 2
    assert registry.get_sample_value("gpu_devices") is None
    assert not any(thread.name == "plainview-gpu" for thread in threading.enumerate())


def test_cards_of_an_app_that_wants_none_read_stay_alone(cards, registry):
    with start(TelemetrySettings(service_name="shop", gpu="off"), registry=registry), gpu_work("render") as work:
        pass
    assert work.device.kind == "cpu"
    assert cards.calls() == []


@pytest.mark.gpu
def test_real_card_tells_what_a_piece_of_work_took(telemetry):
    with open_gpus(TelemetrySettings(), telemetry) as gpus:
        if gpus.device().kind != "gpu":
            pytest.skip(f"no card here: {gpus.snapshot().reason}")
        readings(gpus, 1)
        with gpu_work("render", model="m") as work:
            readings(gpus, 2)
    assert work.device.uuid is not None
    assert work.joules is None or 1 < work.joules < 3000 * work.duration_seconds
    assert work.memory is not None
