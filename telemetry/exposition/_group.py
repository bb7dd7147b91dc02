"""This process's place among those who serve the same address."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from telemetry.exposition import _folder
from telemetry.exposition._asking import Answering, ask
from telemetry.exposition._family import Family, State, packed, unpacked
from telemetry.exposition._merge import Part, merged

_DEADLINE: Final = timedelta(seconds=1)
_WAIT_FOR_TURN: Final = timedelta(seconds=1)
#: A service that was away for longer begins again at zero. What it counted is in Prometheus by then, or never will be.
_KEPT: Final = timedelta(minutes=15)
_READ_AGAIN: Final = 5

_Stamp = tuple[int, ...]


class Group:
    """Joins the processes in `folder` at once; lives until `leave`.

    Args:
        folder: where they meet.
        service: what this process is, so that totals of another that has used the address before are not continued.
        figures: reads this process's own.
        silent: is told how many processes have not answered.
    """

    def __init__(
        self, folder: Path, service: str, figures: Callable[[], list[Family]], silent: Callable[[int], None]
    ) -> None:
        self._folder = folder
        self._service = service
        self._figures = figures
        self._silent = silent
        self._name = f"{time.time_ns():020d}-{os.getpid()}"
        self._writing = threading.Lock()
        self._ended: tuple[_Stamp, State] | None = None
        with _folder.turn(folder, wait=_WAIT_FOR_TURN) as mine:
            if mine:
                self._begin_again_if_stale()
            self._answering = Answering(folder, self._name, self._write_quietly)
            _folder.hold(folder, self._name)
        # Here too: a service that nobody scrapes may be started again and again.
        self._fold([name for name in self._others() if not _folder.is_alive(folder, name)])
        _folder.sweep(folder)

    def write(self) -> list[Family]:
        """Write this process's figures down and return them; one after the other, so that none gets lower."""
        with self._writing:
            figures = self._figures()
            _folder.write(self._folder, self._name, packed(State(self._service, [], figures)))
        return figures

    def added_up(self) -> list[Family]:
        """Return the figures of all, each asked anew."""
        others = self._others()
        alive = {name for name in others if _folder.is_alive(self._folder, name)}
        answered = ask(self._folder, alive, _DEADLINE) if alive else set()
        if alive - answered:
            self._silent(len(alive - answered))
        mine = self.write()
        self._fold([name for name in others if name not in alive])
        ended, states = self._read(others)
        if not states and not ended.families:
            return mine
        families = {**{name: state.families for name, state in states.items()}, self._name: mine}
        living = [
            Part(name.partition("-")[2], families.pop(name))
            for name in sorted(answered | {self._name})
            if name in families
        ]
        return merged(living, [ended.families, *families.values()])

    def leave(self) -> None:
        """Write the last figures down, to be counted from now on as those of a process that has ended."""
        self._answering.close()
        try:
            self.write()
        finally:
            _folder.release(self._folder, self._name)

    def drop(self) -> None:
        """Forget the group in a forked child; it is the parent who belongs to it."""
        self._answering.drop()
        _folder.release(self._folder, self._name)

    def _write_quietly(self) -> None:
        # Whoever asked sees that no answer came, and says so.
        try:
            self.write()
        except Exception as error:
            raise OSError("the figures could not be written") from error

    def _others(self) -> list[str]:
        return [name for name in _folder.members(self._folder) if name != self._name]

    def _read(self, names: Iterable[str]) -> tuple[State, dict[str, State]]:
        """Return the totals of those who have ended, and what each of `names` has written that is not among them."""
        for _ in range(_READ_AGAIN):
            before = self._stamp()
            ended = self._read_ended(before)
            found = {name: unpacked(_folder.read(self._folder, name)) for name in names if name not in ended.included}
            if self._stamp() == before:  # else another process has counted one of them among the ended meanwhile
                break
        return ended, {name: state for name, state in found.items() if state is not None}

    def _stamp(self) -> _Stamp:
        try:
            found = (self._folder / f"{_folder.ENDED}{_folder.STATE}").stat()
        except FileNotFoundError:
            return ()
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _read_ended(self, stamp: _Stamp) -> State:
        if self._ended is None or self._ended[0] != stamp:
            state = unpacked(_folder.read(self._folder, _folder.ENDED))
            self._ended = stamp, state or State(self._service, [], [])
        return self._ended[1]

    def _fold(self, dead: list[str]) -> None:
        """Count `dead` among the ended, once, and forget them. Killed in between, whoever comes next finishes it."""
        if not dead:
            return
        with _folder.turn(self._folder) as mine:
            if not mine:
                return
            ended, states = self._read(dead)
            # Those whose files are gone need not be remembered.
            present = {*self._others(), self._name}
            included = [name for name in {*ended.included, *states} if name in present]
            families = merged([], [ended.families, *(state.families for state in states.values())])
            _folder.write(self._folder, _folder.ENDED, packed(State(self._service, included, families)))
            for name in dead:
                _folder.forget(self._folder, name)

    def _begin_again_if_stale(self) -> None:
        """Forget all totals when nobody is alive who adds to them and they are old, or another service's."""
        others = self._others()
        if any(_folder.is_alive(self._folder, name) for name in others):
            return
        files = list(self._folder.glob(f"*{_folder.STATE}"))
        newest = max((file.stat().st_mtime for file in files), default=0.0)
        states = [unpacked(file.read_bytes()) for file in files]
        ours = all(state is not None and state.service == self._service for state in states)
        if time.time() - newest > _KEPT.total_seconds() or not ours:
            for name in (*others, _folder.ENDED):
                _folder.forget(self._folder, name)
