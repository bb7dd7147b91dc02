"""A part's log file, rotated by size."""

import os
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 10 * 1024 * 1024
KEEP = 2  # older files beside the current one
TAIL_BYTES = 64 * 1024
RECENT_BYTES = 16 * 1024


class LogFile:
    """Appends a part's output to `path`; `path.1` and `path.2` hold what came before."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        self.path = path
        self.dropped_bytes = 0
        self._max_bytes = max_bytes
        self._keep = keep
        self._recent = b""
        self._file = path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        """Append `data`; on a full disk it is dropped and counted, since a part must never wait for its log."""
        self._recent = (self._recent + data)[-RECENT_BYTES:]
        with suppress(OSError):  # a log that cannot be rotated goes on in the file it has
            if self._file.tell() + len(data) > self._max_bytes:
                self._rotate()
        try:
            self._file.write(data)
        except OSError:
            self.dropped_bytes += len(data)

    def recent(self, lines: int) -> list[str]:
        """Return the last lines written since this was made, whatever the file held before or lost since."""
        return self._recent.decode(errors="replace").splitlines()[-lines:]

    def forget(self) -> None:
        """Begin `recent` anew: what comes now is another process's."""
        self._recent = b""

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        fresh = self.path.with_name(f".{self.path.name}.new")
        following = fresh.open("ab", buffering=0)  # first: where this fails, the old file stays open and in its place
        try:
            for number in range(self._keep, 0, -1):
                older = _numbered(self.path, number - 1)
                if older.exists():
                    older.replace(_numbered(self.path, number))
            fresh.replace(self.path)
        except OSError:
            following.close()
            raise
        self._file.close()
        self._file = following


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


class Following:
    """Reads what is appended to a log file from now on, across rotations. Lives as long as the command."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb")
        self._file.seek(0, os.SEEK_END)
        self._rest = b""

    def close(self) -> None:
        self._file.close()

    def added(self) -> list[str]:
        """Return the whole lines that were written since the last call."""
        while True:
            # Asked before reading, so that nothing written before is lost.
            replaced = _replaced(self._path, self._file.fileno())
            self._rest += self._file.read()
            if not replaced:
                break
            self._file.close()
            self._file = self._path.open("rb")
        *lines, self._rest = self._rest.split(b"\n")
        return [line.decode(errors="replace") for line in lines]


def _replaced(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino != os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path
