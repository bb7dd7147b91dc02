"""Device memory by process; only where it was asked for, since each process is a series."""

from typing import Any, Final

from telemetry import catalog
from telemetry.gpu._asking import Asking, Missing
from telemetry.gpu._numbers import NoValue, number
from telemetry.gpu._readings import Key, Reading, Value

# Beyond so many processes the smallest are one series: the number of series must have a bound.
_MOST: Final = 64
_LISTS: Final = (
    ("compute", "nvmlDeviceGetComputeRunningProcesses"),
    ("graphics", "nvmlDeviceGetGraphicsRunningProcesses"),
)


def read_processes(asking: Asking) -> dict[Key, Reading]:
    """Return the memory of each process that runs now and whose memory is known. Raises CardLost or SourceGone."""
    found: dict[int, tuple[str, float]] = {}
    for kind, call in _LISTS:
        listed = asking.get(call, lambda nvml, card, call=call: getattr(nvml, call)(card))  # type: ignore[misc]
        if not isinstance(listed, Missing):
            for pid, used in _by_pid(listed).items():
                # One that computes and draws is in both lists with the same memory.
                found[pid] = (f"{found[pid][0]}+{kind}" if pid in found else kind, used)
    ordered = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    readings: dict[Key, Reading] = {
        Key(catalog.GPU_PROCESS_MEMORY, (str(pid), kind)): Value(used) for pid, (kind, used) in ordered[:_MOST]
    }
    if len(ordered) > _MOST:
        rest = sum(used for _, (_, used) in ordered[_MOST:])
        readings[Key(catalog.GPU_PROCESS_MEMORY, ("other", "other"))] = Value(rest)
    return readings


def _by_pid(listed: Any) -> dict[int, float]:
    """Return bytes by process; in MIG mode one process may be listed for several instances."""
    used: dict[int, float] = {}
    for process in listed:
        try:
            used[process.pid] = used.get(process.pid, 0.0) + number(process.usedGpuMemory)
        except NoValue:  # Windows with WDDM, and cards that do not tell
            continue
    return used
