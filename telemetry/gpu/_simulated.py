"""A card that does not exist, for demonstrations and tests. It says so wherever a card is named."""

import math
import threading
import time
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from telemetry import catalog
from telemetry.gpu._probes import CLOCK_EVENTS
from telemetry.gpu._readings import Card, Facts, Key, NotSupported, Reading, Value, Xid

MODEL: Final = "Simulated H100 (not real)"
UUID: Final = "GPU-simulated-0000-0000-0000-000000000000"

# What is not made up: said so, as a real card says what it does not support.
_WITHOUT: Final = (
    *(catalog.GPU_ENCODER, catalog.GPU_DECODER, catalog.GPU_JPEG, catalog.GPU_OFA, catalog.GPU_TEMPERATURE_MARGIN),
    *(catalog.GPU_FAN_SPEED, catalog.GPU_RETIRED_PAGES, catalog.GPU_RETIRED_PENDING, catalog.GPU_XID_ERRORS),
    *(catalog.GPU_PCIE_TRANSMIT, catalog.GPU_PCIE_RECEIVE, catalog.GPU_PCIE_GENERATION, catalog.GPU_PCIE_WIDTH),
    *(catalog.GPU_PCIE_GENERATION_MAX, catalog.GPU_PCIE_WIDTH_MAX, catalog.GPU_NVLINK_TRANSMIT),
    *(catalog.GPU_NVLINK_RECEIVE, catalog.GPU_NVLINK_ACTIVE, catalog.GPU_NVLINK_ERRORS),
)
_MISSING: Final[dict[Key, Reading]] = {Key(metric): NotSupported() for metric in _WITHOUT}

# Figures of an H100 SXM: 80 GB, 700 W limit, 70 W idle.
_MEMORY: Final = 85_520_809_984.0
_RESERVED: Final = 502_267_904.0
_LIMIT_WATTS: Final = 700.0
_IDLE_WATTS: Final = 70.0
_FACTS: Final = Facts("0", MODEL, "", "", "simulated", "", simulated=True)


class SimulatedSource:
    """A load that rises within a second or two of work that holds the device, and warms the card over half a minute."""

    def __init__(self, busy: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._busy = busy
        self._clock = clock
        self._last = clock()
        self._load = 0.0
        self._celsius = 34.0
        self._joules = 0.0

    def open(self) -> None:
        self._last = self._clock()

    def count(self) -> int:
        return 1

    def read(self) -> tuple[Card, ...]:
        now = self._clock()
        passed, self._last = max(0.0, now - self._last), now
        target = 0.93 if self._busy() else 0.02
        self._load += (target - self._load) * (1 - math.exp(-passed / 0.8))
        # A slow ripple, as a real load has; none when idle.
        load = min(1.0, max(0.0, self._load * (1 + 0.04 * math.sin(now * 1.7))))
        watts = _IDLE_WATTS + load * 560
        self._joules += watts * passed
        self._celsius += (34 + load * 36 - self._celsius) * (1 - math.exp(-passed / 12))
        return (
            Card(
                UUID,
                _FACTS,
                MappingProxyType(_MISSING | {key: Value(value) for key, value in self._values(load, watts)}),
            ),
        )

    def wait(self, seconds: float, stop: threading.Event) -> tuple[Xid, ...]:
        stop.wait(seconds)
        return ()

    def close(self) -> None:
        pass

    def _values(self, load: float, watts: float) -> list[tuple[Key, float]]:
        used = 2.2e9 + load * 26e9
        active = {"gpu_idle": load < 0.05, "sw_power_cap": watts > _LIMIT_WATTS}  # noqa: PLR2004 - idle by eye
        return [
            (Key(catalog.GPU_UTILIZATION), round(load, 2)),
            (Key(catalog.GPU_MEMORY_BUSY), round(load * 0.6, 2)),
            (Key(catalog.GPU_MEMORY_TOTAL), _MEMORY),
            (Key(catalog.GPU_MEMORY_USED), round(used)),
            (Key(catalog.GPU_MEMORY_RESERVED), _RESERVED),
            (Key(catalog.GPU_MEMORY_FREE), round(_MEMORY - _RESERVED - used)),
            (Key(catalog.GPU_TEMPERATURE), round(self._celsius)),
            (Key(catalog.GPU_POWER), round(watts, 1)),
            (Key(catalog.GPU_POWER_LIMIT), _LIMIT_WATTS),
            (Key(catalog.GPU_ENERGY), round(self._joules, 1)),
            *((Key(catalog.GPU_CLOCK, (name,)), hertz) for name, hertz in self._clocks(load)),
            *((Key(catalog.GPU_CLOCK_EVENT, (name,)), float(active.get(name, False))) for name in CLOCK_EVENTS),
            *((Key(catalog.GPU_CLOCK_MAX, (name,)), hertz) for name, hertz in self._clocks(1.0)),
            *((Key(catalog.GPU_THROTTLE, (name,)), 0.0) for name in ("sw_power_cap", "sw_thermal", "hw_thermal")),
            *((Key(catalog.GPU_ECC_ERRORS, (kind,)), 0.0) for kind in ("corrected", "uncorrected")),
            *((Key(catalog.GPU_ECC_LIFETIME, (kind,)), 0.0) for kind in ("corrected", "uncorrected")),
            *((Key(catalog.GPU_REMAPPED_ROWS, (cause,)), 0.0) for cause in ("correctable", "uncorrectable")),
            (Key(catalog.GPU_REMAP_PENDING), 0.0),
            (Key(catalog.GPU_REMAP_FAILED), 0.0),
            (Key(catalog.GPU_RECOVERY_ACTION), 0.0),
            (Key(catalog.GPU_PCIE_REPLAYS), 0.0),
            (Key(catalog.GPU_PERFORMANCE_STATE), 0.0),
            (Key(catalog.GPU_MEMORY_TEMPERATURE), round(self._celsius + 6)),
            (Key(catalog.GPU_GRAPHICS_ACTIVITY), round(load, 3)),
            (Key(catalog.GPU_SM_ACTIVITY), round(load * 0.82, 3)),
            (Key(catalog.GPU_TENSOR_ACTIVITY), round(load * 0.41, 3)),
            (Key(catalog.GPU_MEMORY_BANDWIDTH), round(load * 0.55, 3)),
        ]

    def _clocks(self, load: float) -> list[tuple[str, float]]:
        core = 1980e6 if load > 0.05 else 345e6  # noqa: PLR2004 - as above
        return [("graphics", core), ("sm", core), ("memory", 2619e6), ("video", 1545e6)]
