"""Self-test of the fake NVML library, and examples of its use (gpustat and nvitop are tried where installed)."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.fakenvml import fakenvml
from tests.parts import nvml_library

N = pytest.importorskip("pynvml")


@pytest.fixture
def st(tmp_path):
    state = fakenvml.State(tmp_path / "gpus", gpus=["h100", "rtx4090"])
    with fakenvml.active(nvml_library(), state):
        N.nvmlInit()
        yield state


def h(i):
    return N.nvmlDeviceGetHandleByIndex(i)


def test_values_follow_the_file(st):
    card = h(0)
    st.gpu(0, temperature=91, util__gpu=97, memory__used="70GiB", power_mw=650_500)
    assert N.nvmlDeviceGetTemperature(card, 0) == 91
    assert N.nvmlDeviceGetUtilizationRates(card).gpu == 97
    v1, v2 = N.nvmlDeviceGetMemoryInfo(card), N.nvmlDeviceGetMemoryInfo(card, version=N.nvmlMemory_v2)
    assert v2.used == 70 << 30
    assert v1.used == v2.used + v2.reserved
    assert N.nvmlDeviceGetPowerUsage(card) == 650_500
    st.throttle(0, "hw_thermal")
    assert N.nvmlDeviceGetCurrentClocksEventReasons(card) == 0x48


def test_not_supported_and_errors(st):
    with pytest.raises(N.NVMLError_NotSupported):
        N.nvmlDeviceGetFanSpeed(h(0))
    assert N.nvmlDeviceGetFanSpeed(h(1)) == 30
    st.error("nvmlDeviceGetPowerUsage", "UNKNOWN", slot=1)
    assert N.nvmlDeviceGetPowerUsage(h(0))
    with pytest.raises(N.NVMLError_Unknown):
        N.nvmlDeviceGetPowerUsage(h(1))
    assert ("nvmlDeviceGetFanSpeed", 0, 3) in st.calls()


def test_processes(st):
    st.proc(0, 10, 5 << 30, sm=80, name="a")
    st.proc(0, 11, "N/A")
    rows = N.nvmlDeviceGetComputeRunningProcesses(h(0))
    assert [(p.pid, p.usedGpuMemory) for p in rows] == [(10, 5 << 30), (11, None)]
    assert [(s.pid, s.smUtil) for s in N.nvmlDeviceGetProcessUtilization(h(0), 0)] == [(10, 80)]
    st.exit(0, 10)
    with pytest.raises(N.NVMLError_NotFound):
        N.nvmlDeviceGetProcessUtilization(h(0), 0)


def test_xid_then_lost(st):
    card = h(0)
    st.xid(0, 13)  # before registration: never delivered
    events = N.nvmlEventSetCreate()
    N.nvmlDeviceRegisterEvents(card, N.nvmlEventTypeXidCriticalError, events)
    with pytest.raises(N.NVMLError_Timeout):
        N.nvmlEventSetWait(events, 20)
    threading.Timer(0.05, lambda: (st.xid(0, 79), st.lost(0))).start()
    assert N.nvmlEventSetWait(events, 5000).eventData == 79
    with pytest.raises(N.NVMLError_GpuIsLost):
        N.nvmlEventSetWait(events, 5000)
    with pytest.raises(N.NVMLError_GpuIsLost):
        N.nvmlDeviceGetTemperature(card, 0)


def test_unplug_needs_a_new_init(st):
    old = h(1)
    st.unplug(0)
    assert N.nvmlDeviceGetCount() == 2
    with pytest.raises(N.NVMLError_GpuIsLost):
        h(0)
    N.nvmlShutdown()
    N.nvmlInit()
    assert N.nvmlDeviceGetCount() == 1
    assert "4090" in N.nvmlDeviceGetName(h(0))
    with pytest.raises(N.NVMLError_InvalidArgument):
        N.nvmlDeviceGetName(old)


def test_mig(st):
    st.mig(0, ["3g.40gb", "1g.10gb"])
    st.proc(0, 7, 1 << 30, gi=2, ci=0)
    with pytest.raises(N.NVMLError_NotSupported):
        N.nvmlDeviceGetUtilizationRates(h(0))
    part = N.nvmlDeviceGetMigDeviceHandleByIndex(h(0), 1)
    assert N.nvmlDeviceGetUUID(part).startswith("MIG-")
    assert N.nvmlDeviceGetGpuInstanceId(part) == 2
    assert N.nvmlDeviceGetMemoryInfo(part).total == 10 << 30
    assert [p.pid for p in N.nvmlDeviceGetComputeRunningProcesses(part)] == [7]
    with pytest.raises(N.NVMLError_NotFound):
        N.nvmlDeviceGetMigDeviceHandleByIndex(h(0), 5)


def test_driver_reload_and_no_driver(st):
    st.reload_driver()
    with pytest.raises(N.NVMLError_Uninitialized):
        N.nvmlDeviceGetCount()
    N.nvmlShutdown()
    N.nvmlInit()
    assert N.nvmlDeviceGetCount() == 2
    st.set({"driver.loaded": 0})
    with pytest.raises(N.NVMLError_DriverNotLoaded):
        N.nvmlInit()


def test_every_write_is_seen(st):
    card = h(0)
    for i in range(300):
        st.gpu(0, temperature=i)
        assert N.nvmlDeviceGetTemperature(card, 0) == i


def _tool(name):
    path = Path(sys.executable).with_name(name)
    return str(path) if path.exists() else pytest.skip(f"{name} is not installed")


def test_gpustat(st):
    out = subprocess.run(
        [_tool("gpustat"), "--json"],
        env={**os.environ, **st.env(nvml_library())},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert [g["name"] for g in json.loads(out)["gpus"]] == ["NVIDIA H100 80GB HBM3", "NVIDIA GeForce RTX 4090"]


def test_nvitop(st):
    run = subprocess.run(
        [_tool("nvitop"), "-1", "--ascii"],
        env={**os.environ, **st.env(nvml_library())},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "H100 80GB HBM3" in run.stdout
    assert "FunctionNotFound" not in run.stderr
