"""Main memory: the host's, or what the process's group may use of it, whichever is nearer its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.health.findings import Finding

_HIGH: Final = 0.85
_CRITICAL: Final = 0.95
_GIB: Final = 2**30
_CGROUPS: Final = Path("/sys/fs/cgroup")
_PROC: Final = Path("/proc")
#: Limit, use, and the name in memory.stat of the cached files in it that the system takes back when it needs room.
_VERSIONS: Final = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
)


def check_memory(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> Finding:
    """Return degraded above 85 % in use, unhealthy above 95 %."""
    used, total = max((_host(proc), *_groups(proc, cgroups)), key=lambda pair: pair[0] / pair[1])
    share = used / total
    message = f"{share:.0%} of {total / _GIB:.1f} GiB in use"
    if share > _CRITICAL:
        return Finding("unhealthy", message)
    return Finding("degraded" if share > _HIGH else "healthy", message)


def _host(proc: Path) -> tuple[int, int]:
    lines = (line.split() for line in (proc / "meminfo").read_text().splitlines())
    kilobytes = {words[0]: int(words[1]) for words in lines}
    total = kilobytes["MemTotal:"]
    return (total - kilobytes["MemAvailable:"]) * 1024, total * 1024


def _groups(proc: Path, cgroups: Path) -> Iterator[tuple[int, int]]:
    """Yield use and limit of the group of this process, where there is one with a limit."""
    for folder in (cgroups, *_own(proc, cgroups)):
        for limit_name, used_name, cached_name in _VERSIONS:
            limit, used = _number(folder / limit_name), _number(folder / used_name)
            if limit and used is not None:
                stat = (folder / limit_name).with_name("memory.stat")
                yield max(0, used - _cached(stat, cached_name)), limit


def _own(proc: Path, cgroups: Path) -> Iterator[Path]:
    """Yield the folder of the process's own group; in a container that is the root."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    yield from (cgroups / line.partition("::")[2].lstrip("/") for line in lines if line.startswith("0::/") and line[4:])


def _number(path: Path) -> int | None:
    """Return the number in a file; None where there is no limit, which version 2 writes as `max` and 1 as a huge one."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < 2**60 else None


def _cached(stat: Path, name: str) -> int:
    try:
        lines = stat.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)
