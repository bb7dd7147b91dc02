"""Calls that may never return, made in a thread that can be left behind."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Final, Generic, TypeVar
from weakref import WeakSet

Result = TypeVar("Result")
#: Longest that a fork waits for a call to end.
_FORK_SECONDS: Final = 0.1


class Overdue(Exception):  # noqa: N818 - what happened, as told by the lane
    """A job did not end in time. Its thread is left to it; `done` has the results of the jobs before it."""

    def __init__(self, thread: threading.Thread, done: list[object]) -> None:
        super().__init__("no answer in time")
        self.thread = thread
        self.done = done


class _Batch(Generic[Result]):
    def __init__(self, jobs: Sequence[Callable[[], Result]]) -> None:
        self.jobs = jobs
        self.results: list[Result] = []
        self.error: Exception | None = None
        self.ended = threading.Event()
        self.began = time.monotonic()
        self._lock = threading.Lock()
        self._abandoned = False

    def run(self, working: threading.Lock) -> bool:
        """Do the jobs in order; True if somebody still waits for them at the end."""
        for job in self.jobs:
            try:
                with working:
                    result = job()
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                self.error = error
                break
            with self._lock:
                if self._abandoned:
                    return False
                self.results.append(result)
                self.began = time.monotonic()
        with self._lock:
            self.ended.set()
            return not self._abandoned

    def wait(self, deadline: float) -> bool:
        """Wait until all is done; False once a job takes longer than the deadline: nobody waits then any more."""
        while not self.ended.wait(max(0.0, self.began + deadline - time.monotonic())):
            with self._lock:
                if not self.ended.is_set() and time.monotonic() - self.began >= deadline:
                    self._abandoned = True
                    return False
        return True


class Lane:
    """Does jobs one after another in a thread of its own, and takes a new thread when a job hangs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inbox: SimpleQueue[_Batch[object] | None] | None = None
        self._thread: threading.Thread | None = None
        self._working = threading.Lock()
        self._held = False
        _LANES.add(self)

    def run(self, jobs: Sequence[Callable[[], Result]], deadline: float) -> list[Result]:
        """Return what the jobs return, each within `deadline` seconds. Raises Overdue, or what a job raises."""
        if self._inbox is None:
            self._inbox, self._working = SimpleQueue(), threading.Lock()
            work = (self._inbox, self._working)
            self._thread = threading.Thread(target=_work, args=work, name=self._name, daemon=True)
            self._thread.start()
        batch = _Batch(jobs)
        self._inbox.put(batch)  # type: ignore[arg-type]
        if not batch.wait(deadline):
            thread, self._thread, self._inbox = self._thread, None, None
            assert thread is not None  # noqa: S101 - it was started above
            raise Overdue(thread, list(batch.results))
        if batch.error is not None:
            raise batch.error
        return batch.results

    def close(self) -> None:
        """End the thread once it has nothing to do."""
        if self._inbox is not None:
            self._inbox.put(None)
        self._inbox = self._thread = None

    def hold(self) -> None:
        """Let no job begin until `release`; one that hangs is not waited for."""
        self._held = self._working.acquire(timeout=_FORK_SECONDS)

    def release(self) -> None:
        """Go on."""
        if self._held:
            self._held = False
            self._working.release()


_LANES: Final[WeakSet[Lane]] = WeakSet()


def _hold_all() -> None:
    for lane in list(_LANES):
        lane.hold()


def _release_all() -> None:
    for lane in list(_LANES):
        lane.release()


# A library that is in the midst of a call leaves its locks taken in a forked child for ever.
os.register_at_fork(before=_hold_all, after_in_parent=_release_all, after_in_child=_release_all)


def _work(inbox: "SimpleQueue[_Batch[object] | None]", working: threading.Lock) -> None:
    while (batch := inbox.get()) is not None:
        if not batch.run(working):
            return
