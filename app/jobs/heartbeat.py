"""The worker's heartbeat: a row written every few seconds from a thread of its own, whatever the job is doing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from app import VERSION
from app.database.engine import Database
from app.jobs import workers
from app.jobs.worker_identity import Identity
from app.jobs.workers import HEARTBEAT, WorkerState
from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.meters import BackgroundMeter

_log = get_logger(__name__)
_FRESH: Final = 3 * HEARTBEAT


class Heartbeat:
    """Keeps a worker's row fresh."""

    def __init__(self, database: Database, worker_id: str) -> None:
        self._database = database
        self._worker_id = worker_id
        self._state: WorkerState = "running"
        self._stop = threading.Event()
        self._meter = BackgroundMeter("write heartbeat")
        self._beat_at = time.monotonic()
        self._failing = False

    @property
    def is_fresh(self) -> bool:
        """Whether the database takes the heartbeats; one that does not answer at all takes none, either."""
        return not self._failing and time.monotonic() - self._beat_at < _FRESH.total_seconds()

    def draining(self) -> None:
        """Say that the worker takes no more jobs."""
        self._state = "draining"
        self.beat()

    def beat(self) -> None:
        """Write one heartbeat; a database that fails is met again at the next one."""
        try:
            with self._meter.run():
                self._database.write(workers.beat, self._worker_id, self._state)
            self._beat_at, self._failing = time.monotonic(), False
        except SQLAlchemyError as error:
            self._failing = True
            _log.warning(Event.WORKER_HEARTBEAT_NOT_WRITTEN, error_type=type(error).__name__)

    def run(self) -> None:
        """Write heartbeats until the stop."""
        while not self._stop.wait(HEARTBEAT.total_seconds()):
            self.beat()

    def stop(self) -> None:
        """End the loop and say that the worker has stopped."""
        self._stop.set()
        self._state = "stopped"


@contextmanager
def beating(database: Database, identity: Identity) -> Iterator[Heartbeat]:
    """Enter the worker into the database and keep it alive there until the block ends."""
    device = identity.device
    facts = {"id": identity.id, "device": device.kind, "device_name": device.name[:100], "model": identity.model[:100]}
    database.write(workers.present, facts | {"pid": os.getpid(), "version": VERSION})
    heartbeat = Heartbeat(database, identity.id)
    thread = threading.Thread(target=heartbeat.run, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield heartbeat
    finally:
        heartbeat.stop()
        thread.join()
        heartbeat.beat()
