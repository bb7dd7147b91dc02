"""Run pip for an environment that has none, wherever a pip can be had. Only the standard library is used."""

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.native import packages
from stack.native.announce import progress, progress_done, say

PACKAGE = "python3-pip-whl"  # the wheel that Debian's own venv and virtualenv use
OLDEST = (22, 3)  # the first with --python
OPTIONS = ("--require-hashes", "--disable-pip-version-check", "--no-input", "--progress-bar=off", "--no-user")
SHOWN_LINES = 12
LINES_PER_REPORT = 40
STEP = re.compile(
    r"\s*(Collecting|Downloading|Using cached|Building wheel for|Installing collected packages)\W+([\w.-]+)?"
)


class PipFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """pip is missing or did not succeed; the message says why and what to do."""


def install(python: Path, lock: Path, log: Path) -> None:
    """Install what `lock` names, each file checked against its hash; pip's words go to `log`. The user's settings count."""
    with _pip(python) as command:
        _run([*command, "install", *OPTIONS, "--requirement", str(lock)], _count(lock), log)


@contextmanager
def _pip(python: Path) -> Iterator[list[str]]:
    """Give the command that is pip for the environment of `python`."""
    if wheel := _bundled():
        yield [str(python), f"{wheel}/pip"]
        return
    if _own_version() >= OLDEST:
        yield [sys.executable, "-m", "pip", "--python", str(python)]
        return
    say(f"Python has no pip here: fetching {PACKAGE} from the distribution's packages")
    with tempfile.TemporaryDirectory(prefix="pip-", dir=python.parent.parent) as folder:
        try:
            packages.unpack([PACKAGE], Path(folder))
        except packages.PackagesUnavailable as error:
            raise PipFailed(
                f"there is no pip, and it could not be fetched ({error}).\n"
                "Install it (Debian or Ubuntu: sudo apt-get install python3-venv; elsewhere: the package python3-pip)"
            ) from error
        wheel = next(Path(folder).glob("usr/share/python-wheels/pip-*.whl"), None)
        if wheel is None:
            raise PipFailed(f"the package {PACKAGE} has no pip wheel. Install python3-venv")
        yield [str(python), f"{wheel}/pip"]


def _bundled() -> Path | None:
    """Return the pip wheel that comes with Python, which Debian leaves out."""
    found = importlib.util.find_spec("ensurepip")
    if found is None or not found.submodule_search_locations:
        return None
    folders = [Path(folder) / "_bundled" for folder in found.submodule_search_locations]
    return next((wheel for folder in folders for wheel in folder.glob("pip-*.whl")), None)


def _own_version() -> tuple[int, ...]:
    """Return the version of the pip that the running Python has; () for none."""
    command = [sys.executable, "-m", "pip", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = re.match(r"pip (\d+)\.(\d+)", done.stdout)
    return (int(found.group(1)), int(found.group(2))) if found else ()


def _run(command: list[str], total: int, log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    collected = 0
    with (
        log.open("w") as written,
        subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        for line in process.stdout or ():
            written.write(line)
            if found := STEP.match(line):
                collected += found.group(1) == "Collecting"
                _report(found.group(1), found.group(2) or "", collected, total)
    progress_done()
    if process.returncode:
        last = [line for line in log.read_text().splitlines() if line.strip()][-SHOWN_LINES:]
        raise PipFailed(
            f"pip could not install the packages (all of it is in {log}):\n"
            + "\n".join(f"  | {line}" for line in last)
            + f"\nWhat to do: {_cure(chr(10).join(last))}"
        )


def _report(step: str, what: str, collected: int, total: int) -> None:
    if step.startswith("Installing"):
        progress(f"installing {total} packages")
        if not sys.stderr.isatty():
            say(f"installing {total} packages")
        return
    progress(f"{min(collected, total)}/{total} {step.lower()} {what}")
    if not sys.stderr.isatty() and step == "Collecting" and collected % LINES_PER_REPORT == 1:
        say(f"fetching packages, {collected} of {total}")


def _cure(text: str) -> str:
    if "No space left" in text:
        return "free some disk (about 1 GiB is needed), or set PLAINVIEW_HOME to a folder on another disk"
    if "HASHES" in text.upper() and "MATCH" in text.upper():
        return "the package index gave another file than the lock names: check the index in pip's settings"
    if "No matching distribution" in text:
        return "the package index lacks this version, or there is none for this Python: try Python 3.11 to 3.13"
    return "check the network, and the index and proxy in pip's settings (pip config list), then try again"


def _count(lock: Path) -> int:
    return sum(
        1 for line in lock.read_text().splitlines() if line and not line[0].isspace() and not line.startswith("#")
    )
