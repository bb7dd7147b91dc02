"""The private folder in which the processes of one server meet, and the locks that tell who is alive.

A process holds a POSIX record lock on its own file for as long as it lives: the system gives it up however the process
ends, children do not inherit it, and process ids may mean nothing between containers that share the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from telemetry.exposition._listening import SOCKET, Address

LOCK: Final = ".lock"
STATE: Final = ".state"
ENDED: Final = "ended"
_TURN: Final = "turn"
_DIGITS: Final = 20
_GROUP: Final = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")
_FORGOTTEN_AFTER: Final = timedelta(minutes=30)  # longer than totals wait for a service to come back
_BETWEEN_SWEEPS: Final = timedelta(minutes=10)

# Asking for a lock of this process itself would give it up.
_held: Final[dict[tuple[Path, str], int]] = {}


class NotPrivate(PermissionError):  # noqa: N818 - reads as what happened
    """A folder that others can write to, or that is another user's."""


def group_folder(address: Address, service: str, parent: Path | None = None) -> Path:
    """Return the folder of those who serve `address` as `service`; made if need be, below `parent`.

    Raises:
        NotPrivate: what stands in its place is not this user's alone.
        OSError: it cannot be made.
    """
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    root = _private((parent or _usual_parent()) / _root_name())
    digest = hashlib.sha256("\0".join((_network(), str(address), service)).encode()).hexdigest()[:_DIGITS]
    return _private(root / digest)


def _root_name() -> str:
    return f"plainview-{os.geteuid()}"


def _usual_parent() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(given if given and os.access(given, os.W_OK) else tempfile.gettempdir())


def _private(folder: Path) -> Path:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise NotPrivate(f"{folder} is not a folder of this user's alone; remove it")
    return folder


def _network() -> str:
    """Return what tells apart containers that listen on equal addresses of their own and share a folder."""
    try:
        return str(Path("/proc/self/ns/net").readlink())
    except OSError:
        return ""


@contextmanager
def turn(folder: Path, *, wait: timedelta = timedelta(0)) -> Iterator[bool]:
    """Give whether it is this process's turn to change what all share; it is nobody else's until the block ends."""
    end = time.monotonic() + wait.total_seconds()
    fd = os.open(folder / _TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not (mine := _locked(fd)) and time.monotonic() < end:
            time.sleep(0.005)
        yield mine
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)  # closing alone would leave it to a child that was forked meanwhile
        os.close(fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def hold(folder: Path, member: str) -> None:
    """Show `member` as alive until `release` or the end of this process."""
    draft = folder / f".{member}"
    fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    draft.rename(folder / f"{member}{LOCK}")  # only now, so that nobody finds it without its lock
    _held[folder, member] = fd


def release(folder: Path, member: str) -> None:
    """Show `member` as ended; in a forked child, which has no part in its parent's locks, only forget it."""
    os.close(_held.pop((folder, member)))


def is_alive(folder: Path, member: str) -> bool:
    """Return whether a member holds its lock."""
    if (folder, member) in _held:
        return True
    try:
        with (folder / f"{member}{LOCK}").open("rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:  # held
        return True
    return False


def members(folder: Path) -> list[str]:
    """Return all who have joined and are not yet forgotten, the oldest first."""
    return sorted(path.stem for path in folder.iterdir() if path.suffix == LOCK)


def read(folder: Path, name: str) -> bytes:
    """Return what was written last, b"" when nothing was."""
    try:
        return (folder / f"{name}{STATE}").read_bytes()
    except FileNotFoundError:
        return b""


def write(folder: Path, name: str, data: bytes) -> None:
    """Put `data` in the place of what was written before, whole or not at all."""
    draft = folder / f".{name}{STATE}"
    draft.write_bytes(data)
    draft.rename(folder / f"{name}{STATE}")


def forget(folder: Path, member: str) -> None:
    """Remove what a dead member has left; its lock goes last, by which it is found."""
    for suffix in (STATE, SOCKET, LOCK):
        (folder / f"{member}{suffix}").unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what is left in the folders beside this one that nobody has used for long; only what we have put there.

    `folder` is one that `group_folder` has given. Of all processes one does it, now and then.
    """
    now, root = time.time(), folder.parent
    if root.name != _root_name() or not _is_due(root / "swept", now):
        return
    limit = now - _FORGOTTEN_AFTER.total_seconds()
    for other in root.iterdir():
        if other == folder or not _GROUP.fullmatch(other.name):
            continue
        with contextlib.suppress(OSError):  # also one that has been used since: it is not empty
            if _last_used(other) < limit and not any(is_alive(other, member) for member in members(other)):
                for path in other.iterdir():
                    if path.suffix in (LOCK, STATE, SOCKET) or path.name == _TURN:
                        path.unlink()
                other.rmdir()


def _is_due(mark: Path, now: float) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if mark.stat().st_mtime > now - _BETWEEN_SWEEPS.total_seconds():
            return False
    mark.touch()
    return True


def _last_used(folder: Path) -> float:
    return max((path.lstat().st_mtime for path in folder.iterdir()), default=folder.stat().st_mtime)
