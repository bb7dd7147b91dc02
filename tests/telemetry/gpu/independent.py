"""A reader of cards that shares nothing with ours: the C functions through ctypes, no pynvml, no table."""

import ctypes
from ctypes import byref, c_char_p, c_uint, c_ulonglong, c_void_p, create_string_buffer


class _Memory(ctypes.Structure):
    _fields_ = [("version", c_uint), *((name, c_ulonglong) for name in ("total", "reserved", "free", "used"))]


class _Utilization(ctypes.Structure):
    _fields_ = [("gpu", c_uint), ("memory", c_uint)]


def read_all(library="libnvidia-ml.so.1"):
    """Return `{(uuid, series, labels): number}` of every card, in base units; what a card refuses is left out."""
    lib = ctypes.CDLL(str(library))
    lib.nvmlDeviceGetUUID.argtypes = [c_void_p, c_char_p, c_uint]
    assert lib.nvmlInit_v2() == 0
    try:
        count = c_uint()
        assert lib.nvmlDeviceGetCount_v2(byref(count)) == 0
        found = {}
        for index in range(count.value):
            card = c_void_p()
            assert lib.nvmlDeviceGetHandleByIndex_v2(c_uint(index), byref(card)) == 0
            uuid = create_string_buffer(96)
            assert lib.nvmlDeviceGetUUID(card, uuid, 96) == 0
            for (name, *labels), number in _card(lib, card):
                found[uuid.value.decode(), name, tuple(labels)] = number
        return found
    finally:
        lib.nvmlShutdown()


def _card(lib, card):
    yield from _plain(lib, card)
    yield from _by_kind(lib, card)
    yield from _structures(lib, card)


def _get(lib, card, symbol, *before, kind=c_uint):
    out = kind()
    return (out.value,) if getattr(lib, symbol)(card, *before, byref(out)) == 0 else ()


def _plain(lib, card):
    plain = {
        "gpu_temperature_celsius": ("nvmlDeviceGetTemperature", (c_uint(0),), c_uint, 1),
        "gpu_power_watts": ("nvmlDeviceGetPowerUsage", (), c_uint, 1000),
        "gpu_power_limit_watts": ("nvmlDeviceGetEnforcedPowerLimit", (), c_uint, 1000),
        "gpu_energy_joules_total": ("nvmlDeviceGetTotalEnergyConsumption", (), c_ulonglong, 1000),
        "gpu_fan_speed_ratio": ("nvmlDeviceGetFanSpeed", (), c_uint, 100),
        "gpu_performance_state": ("nvmlDeviceGetPerformanceState", (), c_uint, 1),
        "gpu_pcie_replays_total": ("nvmlDeviceGetPcieReplayCounter", (), c_uint, 1),
        "gpu_pcie_link_generation": ("nvmlDeviceGetCurrPcieLinkGeneration", (), c_uint, 1),
        "gpu_pcie_link_width": ("nvmlDeviceGetCurrPcieLinkWidth", (), c_uint, 1),
        "gpu_pcie_link_generation_max": ("nvmlDeviceGetMaxPcieLinkGeneration", (), c_uint, 1),
        "gpu_pcie_link_width_max": ("nvmlDeviceGetMaxPcieLinkWidth", (), c_uint, 1),
    }
    for name, (symbol, before, kind, per_unit) in plain.items():
        for raw in _get(lib, card, symbol, *before, kind=kind):
            yield (name,), raw / per_unit


def _by_kind(lib, card):
    for number, clock in ((0, "graphics"), (1, "sm"), (2, "memory"), (3, "video")):
        for raw in _get(lib, card, "nvmlDeviceGetClockInfo", c_uint(number)):
            yield ("gpu_clock_hertz", clock), raw * 1_000_000
        for raw in _get(lib, card, "nvmlDeviceGetMaxClockInfo", c_uint(number)):
            yield ("gpu_clock_max_hertz", clock), raw * 1_000_000
    for number, kind in ((0, "corrected"), (1, "uncorrected")):
        for raw in _get(lib, card, "nvmlDeviceGetTotalEccErrors", c_uint(number), c_uint(0), kind=c_ulonglong):
            yield ("gpu_ecc_errors_total", kind), raw
        for raw in _get(lib, card, "nvmlDeviceGetTotalEccErrors", c_uint(number), c_uint(1), kind=c_ulonglong):
            yield ("gpu_ecc_errors_lifetime", kind), raw


def _structures(lib, card):
    rates, memory = _Utilization(), _Memory(version=ctypes.sizeof(_Memory) | 2 << 24)
    if lib.nvmlDeviceGetUtilizationRates(card, byref(rates)) == 0:
        yield ("gpu_utilization_ratio",), rates.gpu / 100
        yield ("gpu_memory_busy_ratio",), rates.memory / 100
    if lib.nvmlDeviceGetMemoryInfo_v2(card, byref(memory)) == 0:
        for name in ("total", "used", "reserved", "free"):
            yield (f"gpu_memory_{name}_bytes",), getattr(memory, name)
    rows = [c_uint() for _ in range(4)]
    if lib.nvmlDeviceGetRemappedRows(card, *map(byref, rows)) == 0:
        yield ("gpu_remapped_rows", "correctable"), rows[0].value
        yield ("gpu_remapped_rows", "uncorrectable"), rows[1].value
        yield ("gpu_row_remap_pending",), rows[2].value
        yield ("gpu_row_remap_failed",), rows[3].value
