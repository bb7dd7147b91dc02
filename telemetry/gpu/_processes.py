"""Device memory of this process, and of every process where it was asked for, since each is a series."""

import os
from pathlib import Path
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
# The kernel's number for the first namespace of process ids (PROC_PID_INIT_INO of proc_ns.h).
_FIRST_NAMESPACE: Final = "pid:[4026531836]"
_NAMESPACE: Final = Path("/proc/self/ns/pid")


def own_pid(namespace: Path = _NAMESPACE) -> int | None:
    """Return this process's id if it is the one that the driver knows it by; None in a container with ids of its own.

    NVML lists the host's ids whatever the namespace: there another process may have ours.
    """
    try:
        return os.getpid() if str(namespace.readlink()) == _FIRST_NAMESPACE else None
    except OSError:
        return None


def read_processes(asking: Asking, own: int | None = None, *, every: bool = True) -> dict[Key, Reading]:
    """Return the memory of the process `own`, and of `every` one that runs now and whose memory is known.

    Raises CardLost or SourceGone.
    """
    found: dict[int, tuple[str, float]] = {}
    for kind, call in _LISTS if every else _LISTS[:1]:
        listed = asking.get(call, lambda nvml, card, call=call: getattr(nvml, call)(card))  # type: ignore[misc]
        if not isinstance(listed, Missing):
            for pid, used in _by_pid(listed).items():
                # One that computes and draws is in both lists with the same memory.
                found[pid] = (f"{found[pid][0]}+{kind}" if pid in found else kind, used)
    readings: dict[Key, Reading] = {}
    if own in found:
        readings[Key(catalog.PROCESS_GPU_MEMORY)] = Value(found[own][1])
    if not every:
        return readings
    ordered = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    for pid, (kind, used) in ordered[:_MOST]:
        readings[Key(catalog.GPU_PROCESS_MEMORY, (str(pid), kind))] = Value(used)
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
