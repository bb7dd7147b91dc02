"""What a worker asks of the storage, behind a breaker: while it is away a video waits, and no job is begun."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

from app.breakers.breaker import BreakerOpen
from app.jobs.context import HandedBackError
from app.jobs.files import JobFiles, Kept, StorageAwayError

if TYPE_CHECKING:
    from app.breakers import Breaker

_AWAY: Final = (StorageAwayError, BreakerOpen)
# A run that is made again costs more than the card does meanwhile; a store that is away for longer is not waited for.
_MOST_SECONDS: Final = 120.0
_SECONDS_BETWEEN: Final = 1.0


class WorkerFiles:
    """The files of the jobs of one worker; lives as long as it.

    Attributes:
        files: what is not behind the breaker.
        storage: the breaker.
    """

    def __init__(self, files: JobFiles, storage: Breaker) -> None:
        self.files = files
        self.storage = storage

    @contextmanager
    def inputs(self, job_id: str) -> Iterator[tuple[Path, Path]]:
        """Give portrait and speech of the job as files for the block."""
        with ExitStack() as stack:
            with self._called():
                found = stack.enter_context(self.files.inputs(job_id))
            yield found

    def keep(self, draft: Path, giving_up: Event) -> Kept:
        """Turn a draft into a result, for some time also once the storage is back.

        Raises:
            HandedBackError: it was given up before.
        """
        until = time.monotonic() + _MOST_SECONDS
        while True:
            try:
                with self._called():
                    return self.files.keep(draft)
            except StorageAwayError:
                if time.monotonic() > until:
                    raise
            if giving_up.wait(_SECONDS_BETWEEN):
                raise HandedBackError

    def wait(self, draining: Event) -> None:
        """Return once the storage is not known to be away, or `draining` is set."""
        while self.storage.state != "closed" and not draining.is_set():
            try:
                with self.storage.blocking_call():
                    self.files.check()
            except _AWAY:
                draining.wait(_SECONDS_BETWEEN)

    @contextmanager
    def _called(self) -> Iterator[None]:
        try:
            with self.storage.blocking_call():
                yield
        except BreakerOpen as error:
            raise StorageAwayError(None, str(error)) from None
