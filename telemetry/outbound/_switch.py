"""Switches the instrumentations on when their library is there, and off when the last `Telemetry` of the process ends."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from wrapt import register_post_import_hook

from telemetry._edge import Edge
from telemetry.outbound._libraries import LIBRARIES, Library
from telemetry.outbound._propagation import trace_context_alone
from telemetry.settings import TelemetrySettings


class Switch:
    """One library of this process; several `Telemetry` may want it at a time."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.RLock()
        self._wanted_by: list[Edge] = []
        self._hooked = False
        self._on = False

    def want(self, edge: Edge) -> None:
        """Have the library instrumented now or as soon as it is imported; what goes wrong then is counted by `edge`."""
        with self._lock:
            self._wanted_by.append(edge)
            if self._library.module in sys.modules:
                self._imported()
            elif not self._hooked:  # a hook stays for the life of the process
                self._hooked = True
                register_post_import_hook(self._imported, self._library.module)

    def forgo(self, edge: Edge) -> None:
        """Take `want` back."""
        with self._lock:
            self._wanted_by.remove(edge)
            if self._on and not self._wanted_by:
                self._on = False
                with edge:
                    self._library.off()

    def _imported(self, _module: object = None) -> None:
        with self._lock:
            if self._wanted_by and not self._on:
                with self._wanted_by[-1]:
                    self._on = self._library.on()


_SWITCHES: Final = {name: Switch(library) for name, library in LIBRARIES.items()}


@contextmanager
def opened(settings: TelemetrySettings, edge: Edge) -> Iterator[None]:
    """Instrument the libraries that the settings name until the block ends."""
    names = (
        list(LIBRARIES) if "auto" in settings.outbound else [name for name in LIBRARIES if name in settings.outbound]
    )
    for name in names:
        _SWITCHES[name].want(edge)
    try:
        with trace_context_alone():
            yield
    finally:
        for name in reversed(names):
            _SWITCHES[name].forgo(edge)
