"""Who a worker is: its stable id, its device, its model, and the lock that keeps the id its own."""

from __future__ import annotations

import fcntl
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    from telemetry.gpu import Device


@dataclass(frozen=True, slots=True)
class Identity:
    """A worker as the queue, the database and the series know it."""

    id: str
    device: Device
    model: str


class WorkerIdTakenError(RuntimeError):
    """Another process on this host works under the same id."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        super().__init__(
            f"Another worker runs as {worker_id!r} on this host. Stop it, or give this one a PLAINVIEW_WORKER_ID of its own."
        )


def worker_id(settings: Settings, device: Device) -> str:
    """Return the id that was set, else one made of host and device: the same after every restart."""
    return settings.worker_id or f"{socket.gethostname()}:{device.uuid or device.kind}"


@contextmanager
def only_one(settings: Settings, name: str) -> Iterator[None]:
    """Hold the worker's id on this host; the system lets go of it when the process ends, however it ends."""
    folder = settings.data / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"worker-{re.sub(r'[^A-Za-z0-9._-]', '_', name)}"
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WorkerIdTakenError(name) from error
        yield
    finally:
        os.close(handle)
