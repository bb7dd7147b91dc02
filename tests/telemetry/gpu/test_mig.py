"""A card that is divided into instances."""

import pytest

from telemetry import catalog
from telemetry.gpu import NotSupported, Value
from tests.telemetry.gpu.looking import by_model, series, until

H100, RTX4090 = 0, 1


@pytest.fixture
def divided(cards):
    cards.mig(H100, ["3g.40gb", "2g.20gb"])
    cards.gpu(H100, {"mig.0.memory.used": "5GiB", "mig.1.memory.used": "1GiB"})
    return cards


def of(snapshot, metric, *labels):
    return by_model(snapshot, "H100").reading(metric, *labels)


def test_memory_is_shown_by_gpu_instance(divided, opened, registry):
    with opened() as gpus:
        snapshot = gpus.snapshot()
        assert of(snapshot, catalog.GPU_INSTANCE_MEMORY_TOTAL, "1") == Value(40 << 30)
        assert of(snapshot, catalog.GPU_INSTANCE_MEMORY_USED, "1") == Value(5 << 30)
        assert of(snapshot, catalog.GPU_INSTANCE_MEMORY_USED, "2") == Value(1 << 30)
        assert series(registry, "gpu_instance_memory_used_bytes") == {("1",): 5 << 30, ("2",): 1 << 30}
        infos = {(profile, instance) for _, instance, _, profile in series(registry, "gpu_instance_info")}
        assert infos == {("3g.40gb", "1"), ("2g.20gb", "2")}


def test_compute_instances_share_the_memory_of_their_gpu_instance(divided, opened, registry):
    divided.gpu(H100, {"mig.1.gi": 1, "mig.1.ci": 1})
    with opened():
        assert series(registry, "gpu_instance_memory_used_bytes") == {("1",): 5 << 30}
        assert len(series(registry, "gpu_instance_info")) == 2


def test_slots_are_sparse(divided, opened, registry):
    slots = {key: value for key, value in divided.data.items() if key.startswith("gpu.0.mig.1.")}
    with divided.batch():
        for key, value in slots.items():
            divided.set({key: None, key.replace("mig.1.", "mig.5."): value})
    with opened() as gpus:
        assert of(gpus.snapshot(), catalog.GPU_INSTANCE_MEMORY_TOTAL, "2") == Value(20 << 30)
        assert series(registry, "gpu_read_errors_total") == {}


def test_slots_that_are_no_valid_argument_are_empty(divided, opened, registry):
    divided.error("nvmlDeviceGetMigDeviceHandleByIndex", "INVALID_ARGUMENT", slot=H100)
    with opened():
        assert series(registry, "gpu_instance_info") == {}
        assert series(registry, "gpu_read_errors_total") == {}


def test_what_the_divided_card_does_not_tell_is_left_out(divided, opened, registry):
    with opened() as gpus:
        snapshot = gpus.snapshot()
        assert of(snapshot, catalog.GPU_UTILIZATION) == NotSupported()
        assert of(snapshot, catalog.GPU_ENCODER) == NotSupported()
        assert of(snapshot, catalog.GPU_REMAP_FAILED) == NotSupported()
        assert of(snapshot, catalog.GPU_NVLINK_ACTIVE, "0") == NotSupported()
        assert of(snapshot, catalog.GPU_POWER) == Value(70)
        assert series(registry, "gpu_read_errors_total") == {}


def test_activity_is_shown_by_gpu_instance(divided, opened):
    divided.gpu(H100, {"gi.1.gpm.2": 50, "gi.1.gpm.5": 25, "gi.2.gpm.2": 75})
    with opened() as gpus:
        snapshot = until(gpus, lambda new: isinstance(of(new, catalog.GPU_INSTANCE_SM_ACTIVITY, "1"), Value))
        assert of(snapshot, catalog.GPU_INSTANCE_SM_ACTIVITY, "1") == Value(0.5)
        assert of(snapshot, catalog.GPU_INSTANCE_TENSOR_ACTIVITY, "1") == Value(0.25)
        assert of(snapshot, catalog.GPU_INSTANCE_SM_ACTIVITY, "2") == Value(0.75)
    calls = [call for call, *_ in divided.calls()]
    assert calls.count("nvmlGpmSampleAlloc") == calls.count("nvmlGpmSampleFree") > 0


def test_dividing_and_joining_a_card_needs_no_restart(cards, opened, registry):
    cards.gpu(H100, util__gpu=40)
    with opened() as gpus:
        assert of(gpus.snapshot(), catalog.GPU_UTILIZATION) == Value(0.4)
        cards.mig(H100, ["7g.80gb"])
        until(gpus, lambda new: of(new, catalog.GPU_INSTANCE_MEMORY_TOTAL, "1") == Value(80 << 30))
        until(gpus, lambda new: of(new, catalog.GPU_UTILIZATION) == NotSupported())
        cards.mig(H100, [])
        until(gpus, lambda new: of(new, catalog.GPU_UTILIZATION) == Value(0.4))
        assert series(registry, "gpu_instance_info") == {}
        until(gpus, lambda new: of(new, catalog.GPU_NVLINK_ACTIVE, "0") == Value(1))


def test_a_process_in_two_instances_is_one_series(divided, opened, registry):
    divided.gpu(H100, {"proc.a": "pid=7 mem=1GiB gi=1 ci=0", "proc.b": "pid=7 mem=2GiB gi=2 ci=0"})
    with opened(gpu_processes=True):
        assert series(registry, "gpu_process_memory_bytes") == {("7", "compute"): 3 << 30}
