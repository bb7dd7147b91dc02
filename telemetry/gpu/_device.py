"""What a piece of work runs on, said honestly."""

import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Device:
    """One device. `kind` is gpu, cpu where a CPU stands in for a card, or simulated for a card that does not exist."""

    kind: Literal["gpu", "cpu", "simulated"]
    name: str
    uuid: str | None = None


@cache
def cpu_device() -> Device:
    """Return the CPU of this host under the name that it gives itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return Device("cpu", next(named, "") or platform.machine() or "CPU")
