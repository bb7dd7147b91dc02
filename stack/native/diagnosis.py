"""Examine this machine: each check gives findings, and a cure where one is needed."""

import asyncio
import ctypes
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import urlsplit

from stack import secrets
from stack.native import gpus, launch, notified, portcheck, preflight, processes, programs
from stack.native.guest import Guest
from stack.native.layout import Site
from stack.native.ports import Ports
from stack.native.readiness import not_ready
from stack.native.state import leftovers, running
from stack.paths import PROJECT, Home

COMFORTABLE_BYTES = 2 * 1024**3
NEEDED_MEMORY_BYTES = 700 * 1024**2
ADJTIMEX_ERROR = 5  # TIME_ERROR: the clock is not synchronised
CONNECT_SECONDS = 3.0
WIDELY_READABLE = 0o077


@dataclass(frozen=True)
class Finding:
    """What was found about one thing; `cure` says what to do where something is to be done."""

    subject: str
    verdict: Literal["fine", "note", "wrong"]
    fact: str
    cure: str = ""


def examine(home: Home) -> Iterator[Finding]:
    """Yield the findings of every check."""
    for check in CHECKS:
        yield from check(home)


def _python(_home: Home) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", "fine", f"{version} at {sys.executable}")


def _packages(_home: Home) -> Iterator[Finding]:
    lock = PROJECT / "requirements" / "runtime.txt"
    if not lock.is_file():
        return
    wrong = [name for name, versions in _locked(lock.read_text()).items() if not _present(name, versions)]
    if wrong:
        cure = "remove .plainview/venv and start again"
        yield Finding("Packages", "wrong", f"{len(wrong)} not as locked, such as {wrong[0]}", cure)
    else:
        yield Finding("Packages", "fine", "all as locked")


def _locked(text: str) -> dict[str, set[str]]:
    """Return the locked versions of each package; "" among them when it is not for every system and Python."""
    versions: dict[str, set[str]] = {}
    for line in text.splitlines():
        requirement, _, marker = line.rstrip("\\ ").partition(";")
        name, _, version = requirement.strip().partition("==")
        if version:
            versions.setdefault(name.partition("[")[0], set()).update({version.strip()}, {""} if marker else set())
    return versions


def _present(name: str, versions: set[str]) -> bool:
    try:
        return metadata.version(name) in versions
    except metadata.PackageNotFoundError:
        return "" in versions


def _disk(home: Home) -> Iterator[Finding]:
    folder = next(parent for parent in (home.root, *home.root.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    fact = f"{free / 2**30:.1f} GiB free at {folder}"
    if free < launch.LEAST_FREE_BYTES:
        yield Finding("Disk", "wrong", fact, "free some space, or set PLAINVIEW_HOME to a folder on another disk")
    elif free < COMFORTABLE_BYTES:
        yield Finding("Disk", "note", fact, "results and metrics may fill it: some 2 GiB are comfortable")
    else:
        yield Finding("Disk", "fine", fact)
    if not os.access(folder, os.W_OK):
        yield Finding("Home", "wrong", f"{folder} is not writable", "set PLAINVIEW_HOME to a folder that is")


def _secrets(home: Home) -> Iterator[Finding]:
    files = sorted(home.secrets.glob("*")) if os.access(home.secrets, os.R_OK) else []
    for file in files:
        if file.stat().st_mode & WIDELY_READABLE:
            yield Finding("Secrets", "wrong", f"{file} can be read by others", f"chmod 600 {file}")


def _memory(_home: Home) -> Iterator[Finding]:
    available = _meminfo().get("MemAvailable")
    if available is None:
        yield Finding("Memory", "note", "cannot be read on this system")
    elif available < NEEDED_MEMORY_BYTES:
        fact = f"{available / 2**20:.0f} MiB available"
        yield Finding("Memory", "wrong", fact, "end something: the stack and one job need some 700 MiB")
    else:
        yield Finding("Memory", "fine", f"{available / 2**30:.1f} GiB available")


def _meminfo(path: Path = processes.PROC / "meminfo") -> dict[str, int]:
    try:
        rows = (line.split() for line in path.read_text().splitlines())
        return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows}
    except OSError:
        return {}


def _stack(home: Home) -> Iterator[Finding]:
    state = running(home)
    if state is None:
        if left := leftovers(home):
            names = ", ".join(part.name for part in left)
            yield Finding("Stack", "wrong", f"an earlier start left running: {names}", "./plainview down ends them")
        return
    for part in state.parts:
        reasons = asyncio.run(_reasons(part.ready)) if part.state == "ready" else [part.detail or part.state]
        if part.once or not any(reasons):
            continue
        yield Finding("Stack", "wrong", f"{part.name}: {next(filter(None, reasons))}", f"./plainview logs {part.name}")
    yield Finding("Stack", "fine", f"runs (pid {state.supervisor.pid})")


async def _reasons(urls: list[str]) -> list[str | None]:
    return list(await asyncio.gather(*map(not_ready, urls)))


def _ports(home: Home) -> Iterator[Finding]:
    if running(home) is not None:
        return
    try:
        portcheck.check(Ports().named())
    except portcheck.PortsTaken as error:
        *taken, cure = str(error).splitlines()
        for number, line in enumerate(taken, start=1):
            yield Finding("Ports", "wrong", line, cure.removeprefix("What to do: ") if number == len(taken) else "")
    else:
        yield Finding("Ports", "fine", "all free: " + ", ".join(map(str, Ports().named().values())))


def _programs(home: Home) -> Iterator[Finding]:
    from stack.native import packages  # noqa: PLC0415

    for name in ("prometheus", "alertmanager"):
        if path := programs.installed(name, home.root):
            yield Finding("Programs", "fine", f"{name} {programs.version(path)} at {path}")
        elif packages.available():
            yield Finding("Programs", "note", f"{name} is not here; the first start unpacks it from the distribution")
        else:
            error = programs.ProgramMissing(name, home.bin, "no apt-get here")
            yield Finding("Programs", "wrong", f"{name} is not here", str(error))


def _gpu(_home: Home) -> Iterator[Finding]:
    found = gpus.for_workers()
    if found:
        yield Finding("GPU", "fine", f"{len(found)}: {', '.join(found)}")
    else:
        yield Finding("GPU", "note", "none that NVIDIA's driver shows: the CPU stands in, and everything says so")


def _settings(home: Home) -> Iterator[Finding]:
    state = running(home)
    guest = Guest(state.app, PROJECT, Path(sys.executable)) if state is not None and state.app else None
    with TemporaryDirectory() as folder:  # looking makes no secrets in the home
        report = preflight.ask(Site(home, Ports(), {}, secrets.ensure(Path(folder) / "secrets"), guest=guest))
    for line in report.wrong:
        yield Finding("Settings", "wrong", line, "docs/SETTINGS.md says what is allowed")
    for line in report.unknown:
        yield Finding("Settings", "note", line)
    if not report.wrong and not report.unknown:
        yield Finding("Settings", "fine", "all can be used")
    told = None if state is None else notified.targets(state)
    if told is not None and len(told) != report.targets:
        fact = f"the running notifier tells {len(told) or 'nobody'}, these settings name {report.targets}"
        yield Finding("Alerts", "wrong", fact, "./plainview down && ./plainview up puts these settings in force")
    elif report.targets == 0:
        yield Finding(
            "Alerts", "note", "nobody is told", "set PLAINVIEW_NOTIFY_URLS, then ./plainview alerts send-test"
        )
    elif report.targets:
        yield Finding("Alerts", "fine", f"go to {report.targets} target{'s' if report.targets > 1 else ''}")
    if report.budget:
        fact = f"{report.budget} by the settings; ./plainview budgets shows what counts"
        yield Finding("Budget", "note" if report.budget == "none" else "fine", fact)


def _clock(_home: Home) -> Iterator[Finding]:
    verdict = _clock_state()
    if verdict is None:
        yield Finding("Clock", "note", "whether it is synchronised cannot be read here")
    elif verdict == ADJTIMEX_ERROR:
        cure = "turn on time synchronisation (systemd-timesyncd or chrony): traces and alerts go by the clock"
        yield Finding("Clock", "note", "not known to be synchronised", cure)
    else:
        yield Finding("Clock", "fine", "synchronised")


def _clock_state() -> int | None:
    """Return what the kernel says of its clock; None where it cannot be asked."""
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))  # struct timex of zeros only reads
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


def _reachable(_home: Home) -> Iterator[Finding]:
    """Check what the settings name outside of the stack."""
    for variable in ("PLAINVIEW_DATABASE_URL", "PLAINVIEW_REDIS_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        address = urlsplit(os.environ.get(variable, ""))
        if not address.hostname:
            continue
        port = address.port or {"postgresql": 5432, "redis": 6379, "rediss": 6379, "https": 443}.get(
            address.scheme.partition("+")[0], 80
        )
        place = f"{variable}: {address.hostname}:{port}"
        try:
            socket.create_connection((address.hostname, port), CONNECT_SECONDS).close()
        except OSError as error:
            yield Finding(
                "Network", "wrong", f"{place} cannot be reached: {error}", "check the address and that it runs"
            )
        else:
            yield Finding("Network", "fine", f"{place} answers")


CHECKS: tuple[Callable[[Home], Iterator[Finding]], ...] = (
    _python,
    _packages,
    _disk,
    _memory,
    _secrets,
    _programs,
    _ports,
    _stack,
    _gpu,
    _settings,
    _clock,
    _reachable,
)
