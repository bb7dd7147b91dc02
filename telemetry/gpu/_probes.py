"""The readings of a card that are one plain call each: a table of NVML calls and the series each of them gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from telemetry import catalog
from telemetry.gpu._numbers import NoValue, Unreliable, number
from telemetry.gpu._readings import Key

_UNKNOWN_STATE: Final = 32


@dataclass(frozen=True, slots=True)
class Probe:
    """One call. `read` gets pynvml and a handle, and returns one figure in base units for each of `keys`.

    What changes with a reset, a repair or never is `slow`: it is read about every ten seconds.
    """

    call: str
    keys: tuple[Key, ...]
    read: Callable[[Any, Any], tuple[float, ...]]
    slow: bool = False


def _simple(metric: catalog.Metric, call: str, factor: float = 1.0, *, slow: bool = False) -> Probe:
    """Return the probe of a getter that takes a handle and returns one figure."""
    return Probe(call, (Key(metric),), lambda nvml, card: (number(getattr(nvml, call)(card)) * factor,), slow)


def _engine(metric: catalog.Metric, call: str) -> Probe:
    """Return the probe of a getter that returns percent and the sample period."""
    return Probe(call, (Key(metric),), lambda nvml, card: (number(getattr(nvml, call)(card)[0]) / 100,))


def _utilization(nvml: Any, card: Any) -> tuple[float, ...]:
    rates = nvml.nvmlDeviceGetUtilizationRates(card)
    return number(rates.gpu) / 100, number(rates.memory) / 100


def memory(nvml: Any, card: Any) -> tuple[float, ...]:
    """Return total, used, reserved and free bytes of a card or of a MIG device."""
    # The first version of this call counts what the driver reserves as used, so that an idle card looks busy.
    memory = nvml.nvmlDeviceGetMemoryInfo(card, version=nvml.nvmlMemory_v2)
    return number(memory.total), number(memory.used), number(memory.reserved), number(memory.free)


def _clock(call: str, domain: int) -> Callable[[Any, Any], tuple[float, ...]]:
    return lambda nvml, card: (number(getattr(nvml, call)(card, domain)) * 1e6,)


def _margin(nvml: Any, card: Any) -> tuple[float, ...]:
    margin = number(nvml.nvmlDeviceGetMarginTemperature(card))
    if margin <= 0:  # cards that cannot tell answer 0 or less; one that slows down says so by its throttle reasons
        raise Unreliable(margin)
    return (margin,)


def _performance_state(nvml: Any, card: Any) -> tuple[float, ...]:
    state = number(nvml.nvmlDeviceGetPerformanceState(card))
    if state == _UNKNOWN_STATE:
        raise NoValue("unknown performance state")
    return (state,)


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


def _ecc(kind: int, counter: int) -> Callable[[Any, Any], tuple[float, ...]]:
    return lambda nvml, card: (number(nvml.nvmlDeviceGetTotalEccErrors(card, kind, counter)),)


def _remapped(nvml: Any, card: Any) -> tuple[float, ...]:
    return tuple(number(figure) for figure in nvml.nvmlDeviceGetRemappedRows(card))


def _retired(cause: int) -> Callable[[Any, Any], tuple[float, ...]]:
    return lambda nvml, card: (float(len(nvml.nvmlDeviceGetRetiredPages(card, cause))),)


_CLOCKS: Final = ("graphics", "sm", "memory", "video")
_ERRORS: Final = ("corrected", "uncorrected")

PROBES: Final = (
    Probe(
        "nvmlDeviceGetUtilizationRates",
        (Key(catalog.GPU_UTILIZATION), Key(catalog.GPU_MEMORY_BUSY)),
        _utilization,
    ),
    _engine(catalog.GPU_ENCODER, "nvmlDeviceGetEncoderUtilization"),
    _engine(catalog.GPU_DECODER, "nvmlDeviceGetDecoderUtilization"),
    _engine(catalog.GPU_JPEG, "nvmlDeviceGetJpgUtilization"),
    _engine(catalog.GPU_OFA, "nvmlDeviceGetOfaUtilization"),
    Probe(
        "nvmlDeviceGetMemoryInfo",
        (
            Key(catalog.GPU_MEMORY_TOTAL),
            Key(catalog.GPU_MEMORY_USED),
            Key(catalog.GPU_MEMORY_RESERVED),
            Key(catalog.GPU_MEMORY_FREE),
        ),
        memory,
    ),
    Probe(
        "nvmlDeviceGetTemperature",
        (Key(catalog.GPU_TEMPERATURE),),
        lambda nvml, card: (number(nvml.nvmlDeviceGetTemperature(card, 0)),),
    ),
    Probe("nvmlDeviceGetMarginTemperature", (Key(catalog.GPU_TEMPERATURE_MARGIN),), _margin),
    _simple(catalog.GPU_POWER, "nvmlDeviceGetPowerUsage", 1e-3),
    _simple(catalog.GPU_POWER_LIMIT, "nvmlDeviceGetEnforcedPowerLimit", 1e-3),
    _simple(catalog.GPU_ENERGY, "nvmlDeviceGetTotalEnergyConsumption", 1e-3),
    *(
        Probe("nvmlDeviceGetClockInfo", (Key(catalog.GPU_CLOCK, (name,)),), _clock("nvmlDeviceGetClockInfo", domain))
        for domain, name in enumerate(_CLOCKS)
    ),
    *(
        Probe(
            "nvmlDeviceGetMaxClockInfo",
            (Key(catalog.GPU_CLOCK_MAX, (name,)),),
            _clock("nvmlDeviceGetMaxClockInfo", domain),
            slow=True,
        )
        for domain, name in enumerate(_CLOCKS)
    ),
    Probe("nvmlDeviceGetPerformanceState", (Key(catalog.GPU_PERFORMANCE_STATE),), _performance_state),
    Probe(
        "nvmlDeviceGetCurrentClocksEventReasons",
        tuple(Key(catalog.GPU_CLOCK_EVENT, (reason,)) for reason in CLOCK_EVENTS),
        _clock_events,
    ),
    *(
        Probe("nvmlDeviceGetTotalEccErrors", (Key(catalog.GPU_ECC_ERRORS, (name,)),), _ecc(kind, 0))
        for kind, name in enumerate(_ERRORS)
    ),
    *(
        Probe("nvmlDeviceGetTotalEccErrors", (Key(catalog.GPU_ECC_LIFETIME, (name,)),), _ecc(kind, 1), slow=True)
        for kind, name in enumerate(_ERRORS)
    ),
    Probe(
        "nvmlDeviceGetRemappedRows",
        (
            Key(catalog.GPU_REMAPPED_ROWS, ("correctable",)),
            Key(catalog.GPU_REMAPPED_ROWS, ("uncorrectable",)),
            Key(catalog.GPU_REMAP_PENDING),
            Key(catalog.GPU_REMAP_FAILED),
        ),
        _remapped,
        slow=True,
    ),
    *(
        Probe("nvmlDeviceGetRetiredPages", (Key(catalog.GPU_RETIRED_PAGES, (name,)),), _retired(cause), slow=True)
        for cause, name in enumerate(("single_bit", "double_bit"))
    ),
    _simple(catalog.GPU_RETIRED_PENDING, "nvmlDeviceGetRetiredPagesPendingStatus", slow=True),
    _simple(catalog.GPU_PCIE_REPLAYS, "nvmlDeviceGetPcieReplayCounter"),
    _simple(catalog.GPU_PCIE_GENERATION, "nvmlDeviceGetCurrPcieLinkGeneration"),
    _simple(catalog.GPU_PCIE_WIDTH, "nvmlDeviceGetCurrPcieLinkWidth"),
    _simple(catalog.GPU_PCIE_GENERATION_MAX, "nvmlDeviceGetMaxPcieLinkGeneration", slow=True),
    _simple(catalog.GPU_PCIE_WIDTH_MAX, "nvmlDeviceGetMaxPcieLinkWidth", slow=True),
    _simple(catalog.GPU_FAN_SPEED, "nvmlDeviceGetFanSpeed", 1e-2),
)
