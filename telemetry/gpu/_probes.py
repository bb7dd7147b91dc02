"""The readings of a card: a table of NVML calls and the series each of them gives."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from telemetry import catalog
from telemetry.gpu._readings import Key

# NVML's "no value here", as 64 and as 32 bits.
_NOT_AVAILABLE: Final = frozenset({2**64 - 1, 2**32 - 1})


@dataclass(frozen=True, slots=True)
class Probe:
    """One call. `read` gets pynvml and a handle, and returns one figure in base units for each of `keys`."""

    call: str
    keys: tuple[Key, ...]
    read: Callable[[Any, Any], tuple[float, ...]]


class NoValue(Exception):  # noqa: N818 - it ends up as a label value, next to NVML's own names
    """NVML answered with its mark for "not available" or with nothing."""


def number(raw: Any) -> float:
    """Return a raw figure as a number. Raises NoValue where NVML put something else in its place."""
    if not isinstance(raw, int | float) or raw in _NOT_AVAILABLE or not math.isfinite(raw):
        raise NoValue(repr(raw))
    return float(raw)


def _utilization(nvml: Any, card: Any) -> tuple[float, ...]:
    rates = nvml.nvmlDeviceGetUtilizationRates(card)
    return number(rates.gpu) / 100, number(rates.memory) / 100


def _memory(nvml: Any, card: Any) -> tuple[float, ...]:
    # The first version of this call counts what the driver reserves as used, so that an idle card looks busy.
    memory = nvml.nvmlDeviceGetMemoryInfo(card, version=nvml.nvmlMemory_v2)
    return number(memory.total), number(memory.used), number(memory.reserved), number(memory.free)


def _clock(domain: int) -> Callable[[Any, Any], tuple[float, ...]]:
    return lambda nvml, card: (number(nvml.nvmlDeviceGetClockInfo(card, domain)) * 1e6,)


# Bits of nvml.h, since pynvml's names for them differ between its versions; unknown bits are left out.
CLOCK_EVENTS: Final = {
    "gpu_idle": 0x1,
    "applications_clocks_setting": 0x2,
    "sw_power_cap": 0x4,
    "hw_slowdown": 0x8,
    "sync_boost": 0x10,
    "sw_thermal": 0x20,
    "hw_thermal": 0x40,
    "hw_power_brake": 0x80,
    "display_clock": 0x100,
    "board_limit": 0x200,
    "reliability": 0x400,
}


def _clock_events(nvml: Any, card: Any) -> tuple[float, ...]:
    read = getattr(nvml, "nvmlDeviceGetCurrentClocksEventReasons", None)
    mask = int(number((read or nvml.nvmlDeviceGetCurrentClocksThrottleReasons)(card)))
    return tuple(float(bool(mask & bit)) for bit in CLOCK_EVENTS.values())


def _ecc(kind: int) -> Callable[[Any, Any], tuple[float, ...]]:
    return lambda nvml, card: (number(nvml.nvmlDeviceGetTotalEccErrors(card, kind, 0)),)


PROBES: Final = (
    Probe(
        "nvmlDeviceGetUtilizationRates",
        (Key(catalog.GPU_UTILIZATION), Key(catalog.GPU_MEMORY_BUSY)),
        _utilization,
    ),
    Probe(
        "nvmlDeviceGetMemoryInfo",
        (
            Key(catalog.GPU_MEMORY_TOTAL),
            Key(catalog.GPU_MEMORY_USED),
            Key(catalog.GPU_MEMORY_RESERVED),
            Key(catalog.GPU_MEMORY_FREE),
        ),
        _memory,
    ),
    Probe(
        "nvmlDeviceGetTemperature",
        (Key(catalog.GPU_TEMPERATURE),),
        lambda nvml, card: (number(nvml.nvmlDeviceGetTemperature(card, 0)),),
    ),
    Probe(
        "nvmlDeviceGetPowerUsage",
        (Key(catalog.GPU_POWER),),
        lambda nvml, card: (number(nvml.nvmlDeviceGetPowerUsage(card)) / 1000,),
    ),
    Probe(
        "nvmlDeviceGetEnforcedPowerLimit",
        (Key(catalog.GPU_POWER_LIMIT),),
        lambda nvml, card: (number(nvml.nvmlDeviceGetEnforcedPowerLimit(card)) / 1000,),
    ),
    Probe(
        "nvmlDeviceGetTotalEnergyConsumption",
        (Key(catalog.GPU_ENERGY),),
        lambda nvml, card: (number(nvml.nvmlDeviceGetTotalEnergyConsumption(card)) / 1000,),
    ),
    *(
        Probe("nvmlDeviceGetClockInfo", (Key(catalog.GPU_CLOCK, (name,)),), _clock(domain))
        for domain, name in enumerate(("graphics", "sm", "memory", "video"))
    ),
    Probe(
        "nvmlDeviceGetCurrentClocksEventReasons",
        tuple(Key(catalog.GPU_CLOCK_EVENT, (reason,)) for reason in CLOCK_EVENTS),
        _clock_events,
    ),
    *(
        Probe("nvmlDeviceGetTotalEccErrors", (Key(catalog.GPU_ECC_ERRORS, (name,)),), _ecc(kind))
        for kind, name in enumerate(("corrected", "uncorrected"))
    ),
)
