"""When this process began: a device is paid for from then on, before the first line of our own runs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from app.ledger.timeline import NANO

_STAT: Final = Path("/proc/self/stat")
#: Fields after the command's name, which may hold any character; the 22nd of all, in ticks since the host's boot.
_STARTED: Final = 19


def began(stat: Path = _STAT) -> int:
    """Return the start of this process in nanoseconds of the monotonic clock; now, where the system does not tell it."""
    try:
        ticks = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[_STARTED])
        age = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - ticks * NANO // os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):  # no Linux
        age = 0
    return time.monotonic_ns() - max(0, age)
