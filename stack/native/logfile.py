"""A part's log file, rotated by size."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 10 * 1024 * 1024
KEEP = 2  # older files beside the current one
TAIL_BYTES = 64 * 1024


class LogFile:
    """Appends a part's output to `path`; `path.1` and `path.2` hold what came before."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        self.path = path
        self.dropped_bytes = 0
        self._max_bytes = max_bytes
        self._keep = keep
        self._file = path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        """Append `data`; on a full disk it is dropped and counted, since a part must never wait for its log."""
        try:
            if self._file.tell() + len(data) > self._max_bytes:
                self._rotate()
            self._file.write(data)
        except OSError:
            self.dropped_bytes += len(data)

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        for number in range(self._keep, 0, -1):
            older = _numbered(self.path, number - 1)
            if older.exists():
                older.replace(_numbered(self.path, number))
        self._file.close()
        self._file = self.path.open("ab", buffering=0)


def tail(path: Path, lines: int) -> list[str]:
    """Return the last `lines` lines of the file; none when there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - max(TAIL_BYTES, lines * 512)))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:] if lines else []


def follow(path: Path, *, poll_seconds: float = 0.25) -> Iterator[str]:
    """Yield text as it is appended to the file, across rotations, for ever."""
    end = True
    while True:
        with path.open("rb") as file:
            if end:
                file.seek(0, os.SEEK_END)
            end = False
            while True:
                replaced = _replaced(
                    path, file.fileno()
                )  # asked before reading, so that nothing written before is lost
                while data := file.read(TAIL_BYTES):
                    yield data.decode(errors="replace")
                if replaced:
                    break
                time.sleep(poll_seconds)


def _replaced(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino != os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path
