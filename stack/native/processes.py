"""Facts about processes, read from /proc; pids are told apart from reused ones by their start time."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
LISTENING = "0A"
STAT_STATE = 0  # fields of /proc/PID/stat, counted after the command's closing bracket
STAT_START_TIME = 19


@dataclass(frozen=True)
class Holder:
    """The process that listens on a port."""

    pid: int
    command: str


def start_time(pid: int, proc: Path = PROC) -> int | None:
    """Return when the process started, in clock ticks since boot; None when there is none or it is a zombie."""
    try:
        stat = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[STAT_STATE] in "ZX" else int(fields[STAT_START_TIME])


def same(pid: int, started: int, proc: Path = PROC) -> bool:
    """Say whether `pid` still is the process that started at `started`, and not another that got its number."""
    return start_time(pid, proc) == started


def resident_bytes(pid: int, proc: Path = PROC) -> int | None:
    """Return the memory that the process holds; None when it cannot be read."""
    try:
        lines = (proc / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), None)


def listening(port: int, proc: Path = PROC) -> bool:
    """Say whether any process listens on the port."""
    return bool(_listening_sockets(port, proc))


def holder(port: int, proc: Path = PROC) -> Holder | None:
    """Return the process that listens on the port; None when nobody does or it belongs to another user."""
    wanted = {f"socket:[{inode}]" for inode in _listening_sockets(port, proc)}
    if not wanted:
        return None
    for folder in proc.glob("[0-9]*"):
        try:
            if any(str(entry.readlink()) in wanted for entry in (folder / "fd").iterdir()):
                return Holder(int(folder.name), _command(folder))
        except OSError:
            continue
    return None


def kill_group(pid: int, signum: signal.Signals) -> None:
    """Signal the process group that `pid` leads; one that is gone is no error."""
    try:
        os.killpg(pid, signum)
    except (ProcessLookupError, PermissionError):
        return


def _command(folder: Path) -> str:
    words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return words[:120] or (folder / "comm").read_text().strip()


def _listening_sockets(port: int, proc: Path) -> set[str]:
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            rows = (proc / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, rows):
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes
