"""What /metrics shows: the figures of this process, or of all that serve the address it was asked at.

Series: `telemetry_processes`, `telemetry_processes_silent_total`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from telemetry import catalog
from telemetry._edge import Edge
from telemetry._families import Families
from telemetry.exposition._client import is_as_expected
from telemetry.exposition._family import Family
from telemetry.exposition._folder import group_folder
from telemetry.exposition._group import Group
from telemetry.exposition._listening import Address, listening, reached
from telemetry.exposition._snapshot import snapshot, zero
from telemetry.exposition._text import Text, rendered

# A server begins to listen after the app has begun: some milliseconds later, or as long as the slowest start takes.
_LOOKS: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 1, 2, 5, 10, 20, 20)

_taken: Final[set[int]] = set()


class Exposition:
    """The figures of one registry as a scrape sees them. Lives as long as its `Telemetry`.

    Args:
        families: this process's own.
        service: the name of the service.
        parent: where those who serve one address meet, see `group_folder`.
        edge: catches and counts what goes wrong here; the answer has this process's figures then.
    """

    def __init__(self, families: Families, service: str, parent: Path | None, edge: Edge) -> None:
        self._registry: CollectorRegistry = families.registry
        self._service = service
        self._parent = parent
        self._edge = edge
        self._silent = families.counter(catalog.TELEMETRY_PROCESSES_SILENT)
        families.gauge(catalog.TELEMETRY_PROCESSES).set(1)
        self._text = Text()
        self.place = next(place for place in range(len(_taken) + 1) if place not in _taken)
        self._groups: dict[Address, Group] = {}
        self._joining = threading.Lock()
        self._looking: threading.Thread | None = None
        self._left = threading.Event()
        self._pid = os.getpid()

    def begin(self) -> None:
        """Look for the address that this process serves, in a thread, and join those who serve it too.

        To be called where the process begins to serve: what was counted before a fork is the parent's.
        """
        if os.getpid() != self._pid:
            self._pid = os.getpid()
            zero(self._registry)
        if self._looking is None:
            self._looking = threading.Thread(target=self._look, name="plainview-address", daemon=True)
            self._looking.start()

    def text(self, accept: str, server: tuple[str, int | None] | None) -> tuple[bytes, str]:
        """Return the figures as a client with this Accept header understands them, and the content type.

        Args:
            accept: the header.
            server: where the request came to, as ASGI has it; None for figures of this process alone.
        """
        with self._edge:
            group = self._group(server) if is_as_expected(self._registry) else None
            if group is not None:
                return self._text.of(group.added_up(), accept, self._registry.get_target_info())
        return rendered(self._registry, accept, self._text)

    def keep(self) -> None:
        """Write down what was counted up to now: this process may end at any moment."""
        for group in list(self._groups.values()):
            with self._edge:
                group.write()

    def leave(self) -> None:
        """Leave all groups; the totals stay."""
        self._left.set()
        with self._joining:
            while self._groups:
                _, group = self._groups.popitem()
                with self._edge:
                    group.leave()

    def _group(self, server: tuple[str, int | None] | None) -> Group | None:
        if server is None or self._pid != os.getpid():
            return None
        address = reached(server, list(self._groups))
        if address is None and self._is_looking():
            self._join()
            address = reached(server, list(self._groups))
        return None if address is None else self._groups.get(address)

    def _is_looking(self) -> bool:
        return self._looking is not None and self._looking.is_alive()

    def _look(self) -> None:
        for seconds in _LOOKS:
            if self._left.wait(seconds):
                return
            with self._edge:
                self._join()
            if self._groups:
                return

    def _join(self) -> None:
        with self._joining:
            for address in listening() - self._groups.keys():
                if not self._left.is_set():
                    folder = group_folder(address, f"{self._service}\0{self.place}", self._parent)
                    self._groups[address] = Group(folder, _what_this_is(), self._figures, self._silent.inc)

    def _figures(self) -> list[Family]:
        return snapshot(self._registry)

    def after_fork(self) -> None:
        """Belong to nothing in a forked child, until it begins to serve."""
        self._joining = threading.Lock()
        self._looking = None
        groups, self._groups = self._groups, {}
        for group in groups.values():
            group.drop()


def _what_this_is() -> str:
    """Return what tells this service from others that may use its address another time: command, folder, settings."""
    settings = sorted(
        f"{name}={value}" for name, value in os.environ.items() if name.startswith(("PLAINVIEW_", "OTEL_"))
    )
    return hashlib.sha256("\0".join((str(Path.cwd()), sys.executable, *sys.argv, *settings)).encode()).hexdigest()


@contextmanager
def exposed(families: Families, service: str, parent: Path | None, edge: Edge) -> Iterator[Exposition]:
    """Give the exposition of `families`; the totals of this process outlive the block."""
    exposition = Exposition(families, service, parent, edge)
    place = exposition.place
    _taken.add(place)
    reference = weakref.WeakMethod(exposition.after_fork)

    def after_fork() -> None:
        with contextlib.suppress(Exception):
            if method := reference():
                method()

    os.register_at_fork(after_in_child=after_fork)
    try:
        yield exposition
    finally:
        exposition.leave()
        _taken.discard(place)
