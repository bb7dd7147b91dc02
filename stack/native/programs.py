"""Find Prometheus and Alertmanager: installed, in the home folder, or unpacked from the distribution."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.native import packages, relocate


@dataclass(frozen=True)
class Program:
    """A program, the package that has it, and its other names (Debian renames one)."""

    name: str
    package: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


PROGRAMS = {
    program.name: program
    for program in (
        Program("prometheus", "prometheus"),
        Program("promtool", "prometheus"),
        Program("alertmanager", "prometheus-alertmanager", ("prometheus-alertmanager",)),
        Program("amtool", "prometheus-alertmanager"),
    )
}


class ProgramMissing(RuntimeError):  # noqa: N818 - reads as what happened
    """A program is neither installed nor to be had from the distribution."""

    def __init__(self, name: str, folder: Path, reason: str) -> None:
        package = PROGRAMS[name].package
        super().__init__(
            f"{name} was not found and could not be fetched ({reason}). Install it (Debian or Ubuntu: "
            f"sudo apt-get install {package}), or put the program from https://prometheus.io/download/ "
            f"on PATH or into {folder}"
        )
        self.name = name
        self.folder = folder
        self.reason = reason


def installed(name: str, home: Path) -> Path | None:
    """Return the program from PATH, else from `home/bin`; None when it is in neither."""
    program = PROGRAMS[name]
    for candidate in program.names:
        if found := shutil.which(candidate):
            return Path(found)
    own = home / "bin" / name
    return own if os.access(own, os.X_OK) else None


def find(name: str, home: Path, *, say: Callable[[str], None] = lambda _message: None) -> Path:
    """Return the path of prometheus, promtool, alertmanager or amtool.

    PATH comes first, then `home/bin`; else the distribution's packages are unpacked there, without root and
    without installing a service. `say` hears what takes long. Raises ProgramMissing with what to install.
    """
    if found := installed(name, home):
        return found
    folder = home / "bin"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder / ".lock"):
            if installed(name, home) is None:  # another process may have fetched it meanwhile
                wanted = sorted(
                    {program.package for program in PROGRAMS.values() if installed(program.name, home) is None}
                )
                say(f"fetching {' and '.join(wanted)} from the distribution's packages")
                _fetch(wanted, folder)
    except (packages.PackagesUnavailable, OSError) as error:
        raise ProgramMissing(name, folder, str(error)) from error
    if found := installed(name, home):
        return found
    raise ProgramMissing(name, folder, f"the package {PROGRAMS[name].package} does not hold it")


def version(path: Path) -> str:
    """Return the version that the program reports, such as "2.42.0", or "unknown"."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    found = re.search(r"version (\d[^\s,]*)", done.stdout + done.stderr)
    return found.group(1).split("+")[0] if found else "unknown"


def _fetch(wanted: list[str], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpack-") as name:
        root = Path(name)
        packages.unpack(wanted, root / "root")
        for program in PROGRAMS.values():
            for candidate in program.names:
                unpacked = root / "root/usr/bin" / candidate
                if program.package in wanted and unpacked.is_file():
                    _place(unpacked, root / "root", folder / program.name)


def _place(unpacked: Path, root: Path, target: Path) -> None:
    templates = root / relocate.FIXED.decode().lstrip("/")
    if templates.is_dir() and relocate.needed(unpacked):
        relocate.place(unpacked, templates, target)
    else:
        unpacked.replace(target)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
