"""How much main memory there is for this process: the host's, or what its container may use of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_LIMITS: Final = ("memory.max", "memory/memory.limit_in_bytes")
_CGROUPS: Final = Path("/sys/fs/cgroup")


def available_bytes(cgroups: Path = _CGROUPS) -> int:
    """Return the host's memory, or the limit of the container where that is less."""
    host = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([host, *(limit for name in _LIMITS if (limit := _read(cgroups / name)) is not None)])


def _read(path: Path) -> int | None:
    """Return a limit; None where there is none, which cgroups of version 2 write as `max`."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
