"""Everything that happens before the first process: folders, ports, programs, secrets, configuration."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from stack import config, secrets
from stack.native import gpus, layout, portcheck, preflight, processes, programs, state
from stack.native import guest as guests
from stack.native.guest import Guest
from stack.native.layout import Site
from stack.native.ports import Ports
from stack.paths import PRIVATE, Home

LEFTOVER_SECONDS = 5.0
LEAST_FREE_BYTES = 200 * 1024 * 1024


class DiskFull(OSError):  # noqa: N818 - reads as what happened
    """Too little space is left to start."""


class SettingsWrong(RuntimeError):  # noqa: N818 - reads as what happened
    """Some settings stop the start; the message has a line for each."""


def prepare(  # noqa: PLR0913 - two ways to be heard
    home: Home,
    ports: Ports,
    *,
    demo: bool,
    guest: Guest | None = None,
    say: Callable[[str], None],
    warn: Callable[[str], None],
    checked: bool = False,
) -> Site:
    """Make ready all that the stack in `home` needs, and return it; `say` hears what takes long, `warn` what is odd.

    With `checked` the settings and the `guest` have been looked at before. Raises HomeUnusable, DiskFull, AppUnusable,
    SettingsWrong, PortsTaken or ProgramMissing, each with what to do.
    """
    portcheck.check_numbers(ports.named())
    home.create()
    _enough_space(home)
    site = Site(home, ports, programs={}, secrets=secrets.ensure(home.secrets), demo=demo, guest=guest)
    if not checked:
        if guest is not None:
            guests.check(guest, home)
        _check_settings(site, warn)
    for folder in (site.keeps.data, site.keeps.secrets):
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    end_leftovers(home, say)
    site = replace(
        site,
        programs={name: programs.find(name, home.root, say=say) for name in ("prometheus", "alertmanager")},
        gpus=() if demo or guest else gpus.for_workers(),
    )
    portcheck.check(layout.listening(site))
    config.render(
        home,
        ports,
        notifier_token_file=site.secrets["notifier_token"],
        metrics_token_file=metrics_token(site),
        workers=site.workers,
    )
    return site


def metrics_token(site: Site) -> Path:
    """Return the file with what /metrics asks for, where it asks for anything: the user's, else one of our own."""
    if value := os.environ.get("PLAINVIEW_METRICS_TOKEN"):
        return secrets.write(site.home.secrets / "metrics_token_set", value)
    chosen = os.environ.get("PLAINVIEW_METRICS_TOKEN_FILE")
    return Path(chosen) if chosen else site.secrets["metrics_token"]


def _check_settings(site: Site, warn: Callable[[str], None]) -> None:
    report = preflight.ask(site)
    for line in report.unknown:
        warn(line)
    if report.wrong:
        lines = "\n".join(report.wrong)
        raise SettingsWrong(
            f"these settings are wrong, so nothing was started:\n{lines}\ndocs/SETTINGS.md lists them all"
        )


def end_leftovers(home: Home, say: Callable[[str], None]) -> None:
    """End processes of an earlier start whose supervisor is gone."""
    left = state.leftovers(home)
    if not left:
        return
    say(f"ending what an earlier start left running: {', '.join(part.name for part in left)}")
    for signum in (signal.SIGTERM, signal.SIGKILL):
        for part in left:
            if part.alive and part.pid is not None:
                processes.kill_group(part.pid, signum)
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while any(part.alive for part in left) and time.monotonic() < deadline:
            time.sleep(0.05)


def _enough_space(home: Home) -> None:
    filesystem = os.statvfs(home.root)
    free = filesystem.f_bavail * filesystem.f_frsize
    if free < LEAST_FREE_BYTES:
        raise DiskFull(
            f"only {free // 2**20} MiB are free where {home.root} lies; at least {LEAST_FREE_BYTES // 2**20} MiB are "
            "needed. Free some space, or set PLAINVIEW_HOME to a folder on another disk"
        )
