"""Devices of one process, and of one that was forked from it."""

import os

from telemetry import gpu_work
from telemetry.gpu import Device

CARD = Device("gpu", "NVIDIA L4", "GPU-1")


def test_busy_time_of_a_device_is_shown_from_zero(telemetry, registry):
    telemetry.places.of(CARD)
    assert registry.get_sample_value("gpu_work_busy_seconds_total", {"device": "gpu", "gpu_uuid": "GPU-1"}) == 0


def test_fork_within_a_work_begins_with_idle_devices(telemetry):
    """Also with the lock of the devices held by a thread that the child does not have."""
    read, write = os.pipe()
    with gpu_work("outer", device=CARD), telemetry.places._lock:
        child = os.fork()
        if child == 0:
            with gpu_work("child", device=CARD) as work:
                sum(range(200_000))
            os.write(write, f"{work.gpu_seconds / work.duration_seconds:.2f}".encode())
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert float(os.read(read, 100)) > 0.9
