"""A real PostgreSQL of one test run, started from the binaries of this host; it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.app.processes import free_port

_LIBRARY = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """Return the folder of the newest installed server, None where there is none."""
    folders = [path for path in _LIBRARY.glob("*/bin") if (path / "initdb").exists()]
    if folders:
        return max(folders, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def postgresql(bin_folder: Path) -> Iterator[str]:
    """Run a server with an empty database `plainview` and give its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="plainview-pg-") as name:
        folder = Path(name)
        user = _user(folder)
        data = folder / "data"
        _run(
            [bin_folder / "initdb", "-D", data, "-U", "plainview", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"],
            user,
        )
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c log_min_messages=fatal"
        control = [bin_folder / "pg_ctl", "-D", data, "-w", "-t", "30"]
        _run([*control, "-o", options, "-l", folder / "log", "start"], user)
        try:
            _run([bin_folder / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "plainview", "plainview"], user)
            yield f"postgresql+psycopg://plainview@127.0.0.1:{port}/plainview"
        finally:
            _run([*control, "-m", "immediate", "stop"], user)


def _user(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return user.pw_name


def _run(command: Sequence[Path | str], user: str | None) -> None:
    subprocess.run(
        [str(part) for part in command],
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        cwd="/",
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )
