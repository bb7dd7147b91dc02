"""A real PostgreSQL of one test run, started from the binaries of this host; it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.app.processes import free_port, until
from tests.parts import missing

_LIBRARY = Path("/usr/lib/postgresql")


def _binaries() -> Path | None:
    """Return the folder of the newest installed server, None where there is none."""
    folders = [path for path in _LIBRARY.glob("*/bin") if (path / "initdb").exists()]
    if folders:
        return max(folders, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).parent if found else None


class PostgresServer:
    """A server with an empty database `plainview`, on a port that stays its own, so that it can go away and come back.

    With `everywhere` it trusts whoever reaches this host: for networks of a test's own only.
    """

    def __init__(self, bin_folder: Path, folder: Path, *, everywhere: bool = False) -> None:
        self.port = free_port()
        self.url = self.url_at("127.0.0.1", self.port)
        self._listens = "0.0.0.0" if everywhere else "127.0.0.1"  # noqa: S104
        self._bin = bin_folder
        self._folder = folder
        self._data = folder / "data"
        self._user = _user(folder)
        self._run("initdb", "-D", self._data, "-U", "plainview", "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
        if everywhere:
            with (self._data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
                rules.write("host all all all trust\n")

    @staticmethod
    def url_at(host: str, port: int) -> str:
        """Return the address of the database for those who reach the server so."""
        return f"postgresql+psycopg://plainview@{host}:{port}/plainview"

    def start(self) -> None:
        """Start the server and wait until it answers, after `kill` too."""
        options = f"-h {self._listens} -p {self.port} -k {self._folder} -c fsync=off -c log_min_messages=fatal"
        self._control("-o", options, "-l", self._folder / "log", "start")

    def create_database(self) -> None:
        """Make what the URL names."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "plainview", "plainview")

    def kill(self) -> None:
        """End every process of the server at once, as fate does."""
        pids = self._pids()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(map(_runs, pids)))
        # Where nobody collects what has ended, its number seems to be in use, and the next start would refuse.
        for lock in (self._data / "postmaster.pid", self._folder / f".s.PGSQL.{self.port}.lock"):
            lock.unlink(missing_ok=True)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Have the server do nothing for the block, with every connection open, as on a host that is stuck."""
        pids = self._pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the server, if it runs."""
        if self._pids():
            self._control("-m", "immediate", "stop")

    def _pids(self) -> list[int]:
        """Return the first process of the server and its children."""
        try:
            first = int((self._data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="utf-8")
        except OSError:
            return []
        return [first, *map(int, children.split())]

    def _control(self, *arguments: Path | str) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "30", *arguments)

    def _run(self, program: str, *arguments: Path | str) -> None:
        _run([self._bin / program, *arguments], self._user)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@contextmanager
def postgres_server(*, everywhere: bool = False) -> Iterator[PostgresServer]:
    """Run a server."""
    found = _binaries() or missing("PostgreSQL is not installed: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="plainview-pg-") as name:
        server = PostgresServer(found, Path(name), everywhere=everywhere)
        server.start()
        try:
            server.create_database()
            yield server
        finally:
            server.stop()


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
