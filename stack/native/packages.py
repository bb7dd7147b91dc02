"""Unpack a distribution's packages into a folder, as an ordinary user and without installing them.

Only the standard library is used: the bootstrap script runs this before any package is there.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

TIMEOUT_SECONDS = 300
# Hooks of the system (docker-clean, appstream, update-notifier) expect root and touch folders that are not ours.
CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State::Lists "{work}/lists";
Dir::Cache "{work}/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Debug::NoLocking "1";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
"""


class PackagesUnavailable(RuntimeError):  # noqa: N818 - reads as what happened
    """The packages cannot be had from the distribution; the message says why."""


def available() -> bool:
    """Say whether this machine has the tools that `unpack` needs."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def unpack(packages: Sequence[str], into: Path) -> None:
    """Fetch `packages` of this machine's architecture and lay out their files below `into`.

    Needs no root: package lists and downloads live in a folder of their own, which is removed afterwards.
    Raises PackagesUnavailable when there is no apt or the packages cannot be fetched.
    """
    if not available():
        raise PackagesUnavailable("this system has no apt-get and dpkg-deb")
    into = into.resolve()  # apt runs in another folder
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".packages-") as folder:
        work = Path(folder)
        for needed in ("lists/partial", "cache/archives/partial", "debs"):
            (work / needed).mkdir(parents=True)
        configuration = work / "apt.conf"
        configuration.write_text(CONFIGURATION.format(work=work))
        apt = ["apt-get", "-c", str(configuration), "-q"]
        _run([*apt, "update"], work)
        _run([*apt, "download", *packages], work / "debs")
        for package in sorted((work / "debs").glob("*.deb")):
            _run(["dpkg-deb", "-x", str(package), str(into)], work)


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands and our own package names
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackagesUnavailable(f"{command[0]}: {error}") from error
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise PackagesUnavailable(f"{command[0]} {command[-1]}: " + " / ".join(lines[-3:]))
