"""The virtual environment, made from the hashed lock. Only the standard library is used: nothing else is there yet."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.native import pip
from stack.native.announce import say

STAMP = "plainview-stamp.json"
MARK = "plainview-incomplete"


class EnvironmentBroken(RuntimeError):  # noqa: N818 - reads as what happened
    """The environment cannot be made; the message says why and what to do."""


class Environment:
    """The virtual environment in `folder`; a stamp tells which locks it was made from, and by which Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"

    def holds(self, lock: Path) -> bool:
        """Say whether all that `lock` names is installed, for the Python that runs now."""
        cut_off = (self.folder / MARK).exists()
        return not cut_off and self.python.exists() and self._stamp().get(lock.name) == fingerprint(lock)

    def install(self, lock: Path, log: Path) -> None:
        """Make the environment if need be and install what `lock` names; what pip says goes to `log`.

        A run that is cut off leaves a mark, and the next one starts afresh. Two at once take turns.
        """
        with self._one_at_a_time():
            if self.holds(lock):
                return
            whole = self._runs() and not (self.folder / MARK).exists()
            say(
                f"{'Updating' if whole else 'Making'} the environment in {self.folder} from {lock.name} (once; a minute or so)"
            )
            stamp = self._stamp()
            if not whole:
                self._make()
            (self.folder / MARK).touch()
            pip.install(self.python, lock, log)
            (self.folder / STAMP).write_text(json.dumps(stamp | {lock.name: fingerprint(lock)}))
            (self.folder / MARK).unlink()
            say("The environment is ready")

    def _make(self) -> None:
        """Make the bare environment, in the place of a broken one."""
        shutil.rmtree(self.folder, ignore_errors=True)
        # Without pip: Debian's Python has no ensurepip unless python3-venv is installed.
        command = [sys.executable, "-m", "venv", "--without-pip", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise EnvironmentBroken(
                f"python3 -m venv failed: {(done.stderr or done.stdout).strip()}\n"
                "Install the package that has Python's venv module (Debian or Ubuntu: sudo apt-get install python3-venv)"
            )

    def _runs(self) -> bool:
        """Say whether there is an environment, and of the Python that runs now."""
        command = [str(self.python), "-c", "import sys; print(sys.version_info[:2], sys.base_prefix)"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        except OSError:
            return False
        return done.stdout.strip() == f"{sys.version_info[:2]} {sys.base_prefix}"

    def _stamp(self) -> dict[str, str]:
        try:
            stamp: dict[str, str] = json.loads((self.folder / STAMP).read_text())
        except (OSError, ValueError):
            return {}
        return stamp

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name(f".{self.folder.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another command is making the environment; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def fingerprint(lock: Path) -> str:
    """Return what changes when the lock, or the Python it is installed for, does."""
    digest = hashlib.sha256(lock.read_bytes())
    digest.update(f"{sys.implementation.cache_tag} {sys.base_prefix}".encode())
    return digest.hexdigest()
