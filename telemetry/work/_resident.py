"""Main memory of this process, which plays the part of device memory where the CPU stands in for a card."""

from pathlib import Path
from typing import Final

_SELF: Final = Path("/proc/self")
_RESET_PEAK: Final = "5"


def resident_bytes(process: Path = _SELF) -> int | None:
    """Return the resident memory of this process now, None where the system does not tell."""
    return _line(process, b"VmRSS:")


class ResidentMemory:
    """Resident memory and its highest value since `mark`, which the kernel keeps.

    Args:
        process: the process's folder below /proc.
    """

    name = "rss"
    of_this_process = True

    def __init__(self, process: Path = _SELF) -> None:
        self._process = process
        self._unmarked: int | None = None

    def mark(self) -> None:
        """Begin a new peak; where the kernel does not allow that, the peak is known only once it rises."""
        self._unmarked = None
        try:
            (self._process / "clear_refs").write_text(_RESET_PEAK)
        except OSError:
            self._unmarked = _line(self._process, b"VmHWM:")

    def peak(self) -> int | None:
        peak = _line(self._process, b"VmHWM:")
        return None if peak == self._unmarked else peak

    def peak_reserved(self) -> int | None:
        return None

    def now(self) -> int | None:
        return resident_bytes(self._process)

    def fragmented(self) -> int | None:
        return None


def _line(process: Path, name: bytes) -> int | None:
    try:
        text = (process / "status").read_bytes()
    except OSError:
        return None
    begin = text.find(name)
    return None if begin < 0 else int(text[begin + len(name) :].split(maxsplit=1)[0]) * 1024
