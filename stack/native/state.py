"""What runs: written by the supervisor to run/state.json, read by the other commands."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

from stack.native import processes
from stack.native.ports import Ports
from stack.paths import Home

PartState = Literal[
    "waiting", "starting", "ready", "done", "restarting", "crash-looping", "failed", "stopping", "stopped"
]
Phase = Literal["starting", "ready", "stopping", "stopped", "failed"]


@dataclass
class PartStatus:
    """One part as the supervisor sees it."""

    name: str
    title: str = ""
    address: str = ""
    ready: list[str] = field(default_factory=list)
    """URLs that answer 200 when the part is ready."""
    log: str = ""
    state: PartState = "waiting"
    once: bool = False
    pid: int | None = None
    start_time: int | None = None
    """In clock ticks since boot: tells the process from another that got its pid later."""
    since: float | None = None
    ready_seconds: float | None = None
    restarts: int = 0
    renewed: dict[str, int] = field(default_factory=dict)
    """How often it ended to be started anew at once, by reason; no crashes, and not counted as such."""
    detail: str = ""

    @property
    def alive(self) -> bool:
        """Whether its process, and not another with its pid, still runs."""
        return self.pid is not None and self.start_time is not None and processes.same(self.pid, self.start_time)


@dataclass
class StackState:
    """The whole stack as the supervisor sees it."""

    supervisor: PartStatus
    ports: Ports
    demo: bool = False
    app: str = ""
    """What runs in the place of our service; empty for our service itself."""
    phase: Phase = "starting"
    verdict: str = ""
    in_force: dict[str, str] = field(default_factory=dict)
    """A digest of each setting that the parts were started with."""
    parts: list[PartStatus] = field(default_factory=list)
    ends_within: float = 120.0
    """Seconds that all parts together may take to end, the last of them killed."""

    @property
    def running(self) -> bool:
        """Whether the supervisor that wrote this is still there."""
        return self.supervisor.alive

    def write(self, home: Home) -> None:
        """Replace the state file in one step."""
        path = _path(home)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self), indent=1))
        new.replace(path)

    @classmethod
    def read(cls, home: Home) -> Self | None:
        """Return the state last written; None when there is none that can be read."""
        try:
            stored: dict[str, Any] = json.loads(_path(home).read_text())
            return cls(
                supervisor=PartStatus(**stored.pop("supervisor")),
                ports=Ports(**stored.pop("ports")),
                parts=[PartStatus(**part) for part in stored.pop("parts")],
                **stored,
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None


def running(home: Home) -> StackState | None:
    """Return the state of the stack if its supervisor runs, else None."""
    state = StackState.read(home)
    return state if state is not None and state.running else None


def ended_unexpectedly(home: Home) -> float | None:
    """Return the Unix time at which the last supervisor was last seen, if it did not end by itself; else None."""
    state = StackState.read(home)
    if state is None or state.running or state.phase in {"stopped", "failed"}:
        return None
    try:
        return _path(home).stat().st_mtime
    except OSError:
        return None


def beat(home: Home) -> None:
    """Note that the supervisor lives: the time of the state file is when it was last seen."""
    with suppress(OSError):
        os.utime(_path(home))


def leftovers(home: Home) -> list[PartStatus]:
    """Return the processes of a stack whose supervisor is gone."""
    state = StackState.read(home)
    if state is None or state.running:
        return []
    return [replace(part) for part in state.parts if part.alive]


class AlreadyStarting(RuntimeError):  # noqa: N818 - reads as what happened
    """Another command is starting or running the stack of this home."""

    def __init__(self, home: Home) -> None:
        super().__init__(f"the stack in {home.root} is being started or runs already")


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the home for one supervisor; raises AlreadyStarting when another has it. The kernel frees it at its end."""
    with (home.run / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyStarting(home) from None
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_UN)


def held(home: Home) -> bool:
    """Say whether some supervisor has the home: it starts, runs or ends a stack."""
    try:
        with only_one(home):
            return False
    except AlreadyStarting:
        return True
    except OSError:
        return False


def _path(home: Home) -> Path:
    return home.run / "state.json"
