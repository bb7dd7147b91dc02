"""Somebody's app in the place of our service: how `up --app` finds and runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stack.paths import PROJECT, Home
from telemetry.apps import AppUnusable, service_name

HOST: Final = "127.0.0.1"
_OLDEST: Final = (3, 11)
_SECONDS: Final = 60.0
_UNUSABLE: Final = 2
_ASK: Final = (
    "import json, sys; json.dump([sys.version_info[:3], sys.implementation.cache_tag, sys.prefix], sys.stdout)"
)


@dataclass(frozen=True)
class Guest:
    """The app as `up` was asked for it.

    Attributes:
        app: `package.module:attribute`.
        folder: where its package lies and where it runs.
        python: the interpreter that has its packages.
        packages: where this interpreter finds what telemetry needs and it does not have; None when it is our own.
        factory: whether the attribute is to be called.
        workers: number of processes.
        reload: whether it starts again when its files change.
    """

    app: str
    folder: Path
    python: Path
    packages: Path | None = None
    factory: bool = False
    workers: int = 1
    reload: bool = False

    @property
    def name(self) -> str:
        """What it is called in traces and logs."""
        return os.environ.get("OTEL_SERVICE_NAME") or service_name(self.app.partition(":")[0], self.folder)

    @property
    def is_foreign(self) -> bool:
        """Whether its interpreter is not the one that runs the stack."""
        return self.python != Path(sys.executable)

    def command(self, port: int) -> tuple[str, ...]:
        """Return the command that serves it; no module of the current folder can stand before its own."""
        chosen = (
            *(("--factory",) if self.factory else ()),
            *(("--workers", str(self.workers)) if self.workers > 1 else ()),
            *(("--reload",) if self.reload else ()),
            *(("--foreign",) if self.is_foreign else ()),
            *(("--packages", str(self.packages)) if self.packages else ()),
        )
        where = ("--app-dir", str(self.folder), "--host", HOST, "--port", str(port))
        return (str(self.python), "-P", "-m", "telemetry", "serve", self.app, *where, *chosen)

    def options(self) -> list[str]:
        """Return the options of `up` that ask for the same."""
        chosen = [
            f"--app={self.app}",
            f"--app-dir={self.folder}",
            f"--python={self.python}",
            f"--workers={self.workers}",
        ]
        return [*chosen, *(["--factory"] if self.factory else []), *(["--reload"] if self.reload else [])]


def variables(home: Home, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what the app's process needs to find its own modules and, of ours, `telemetry` alone."""
    before = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path and path != str(PROJECT)]
    return {"PYTHONPATH": os.pathsep.join([*before, str(_telemetry_alone(home))]), "PYTHONSAFEPATH": ""}


def interpreter(chosen: str | None, environment: Mapping[str, str] = os.environ) -> tuple[Path, Path | None]:
    """Return the Python that an app runs under, and the folder of ours that fills its gaps.

    That is the one chosen, else that of the active virtual environment, else our own.

    Raises:
        AppUnusable: it is none that can be used.
    """
    ours = Path(sys.executable)
    active = environment.get("VIRTUAL_ENV", "")
    asked = chosen or (str(Path(active, "bin", "python")) if active else "")
    found = shutil.which(asked) if asked else str(ours)
    if found is None:
        raise AppUnusable(
            f"There is no Python at {asked}." if chosen else f"The active virtual environment {active} has no Python.",
            "name one with --python, such as .venv/bin/python"
            if chosen
            else "deactivate it, or name one with --python",
        )
    python = Path(os.path.abspath(found))  # noqa: PTH100 - a virtual environment's is a link that must stay one
    version, tag, prefix = _ask(python)
    if Path(prefix) == Path(sys.prefix):
        return ours, None
    if tuple(version) < _OLDEST:
        said = ".".join(map(str, version))
        raise AppUnusable(f"{python} is Python {said}; telemetry needs 3.11 or newer.", "use a newer one: --python")
    # What is compiled fits one version of Python only.
    return python, Path(sysconfig.get_path("purelib")) if tag == sys.implementation.cache_tag else None


def check(guest: Guest, home: Home) -> None:
    """Look whether the app can be found, in the interpreter and the folder that it will run in.

    Raises:
        AppUnusable: says why not.
    """
    environment = {**os.environ, **variables(home)}
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter that its owner named
            [*guest.command(0), "--check"],
            cwd=guest.folder if guest.folder.is_dir() else None,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AppUnusable(f"{guest.python} could not be run: {error}", "name another one: --python") from error
    if done.returncode:
        what, _, cure = done.stderr.strip().rpartition("\nWhat to do: ")
        raise AppUnusable(what or done.stderr.strip(), cure or "see above")


def _ask(python: Path) -> tuple[list[int], str, str]:
    try:
        done = subprocess.run(  # noqa: S603
            [str(python), "-c", _ASK], capture_output=True, text=True, timeout=_SECONDS, check=True
        )
        version, tag, prefix = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise AppUnusable(f"{python} is no Python that runs: {error}", "name another one: --python") from error
    return version, tag, prefix


def _telemetry_alone(home: Home) -> Path:
    """Return a folder with nothing but our package `telemetry`: an app's own `app` or `alerts` must not be ours."""
    folder = home.config / "python"
    link = folder / "telemetry"
    target = PROJECT / "telemetry"
    if not link.is_symlink() or link.readlink() != target:
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f".telemetry.{os.getpid()}"
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        new.replace(link)
    return folder
