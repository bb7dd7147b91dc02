"""Everything that happens before the first process: folders, ports, programs, secrets, configuration."""

import os
import signal
import time
from collections.abc import Callable

from stack import config, secrets
from stack.native import gpus, layout, portcheck, processes, programs, state
from stack.native.layout import Site
from stack.native.ports import Ports
from stack.paths import Home

LEFTOVER_SECONDS = 5.0
LEAST_FREE_BYTES = 200 * 1024 * 1024
SIMULATED = {"simulated": "true"}


class DiskFull(OSError):  # noqa: N818 - reads as what happened
    """Too little space is left to start."""


def prepare(home: Home, ports: Ports, *, demo: bool, say: Callable[[str], None]) -> Site:
    """Make ready all that the stack in `home` needs, and return it.

    Raises HomeUnusable, DiskFull, PortsTaken or ProgramMissing, each with what to do.
    """
    home.create()
    _enough_space(home)
    simulated = demo or os.environ.get("PLAINVIEW_GPU") == "simulated"
    end_leftovers(home, say)
    site = Site(
        home,
        ports,
        programs={name: programs.find(name, home.root, say=say) for name in ("prometheus", "alertmanager")},
        secrets=secrets.ensure(home.secrets),
        gpus=() if demo else gpus.for_workers(),
        demo=demo,
    )
    portcheck.check(layout.listening(site))
    config.render(
        home,
        ports,
        notifier_token_file=site.secrets["notifier_token"],
        workers=site.workers,
        target_labels=SIMULATED if simulated else None,
    )
    return site


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
