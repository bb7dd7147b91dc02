"""The cards of this process: opened once by the worker, read by the collector and by whoever asks."""

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from telemetry import catalog
from telemetry.gpu._card import Plan
from telemetry.gpu._collector import GpuCollector
from telemetry.gpu._device import Device, cpu_device
from telemetry.gpu._nvml import NvmlSource
from telemetry.gpu._processes import own_pid
from telemetry.gpu._reader import Pace, Reader
from telemetry.gpu._readings import Snapshot
from telemetry.gpu._simulated import SimulatedSource
from telemetry.gpu._source import Source
from telemetry.gpu._visible import visible
from telemetry.settings import TelemetrySettings

if TYPE_CHECKING:
    from telemetry._process import Telemetry

# NVML may take seconds for its first answer on a card that slept; a start does not wait longer than this for it.
_FIRST_READING: Final = timedelta(seconds=3)
_STOP_SECONDS: Final = 2.0
# A card that hangs holds up one reading of the others by its deadline of 1 s; they are not stale because of that.
_SLOWEST_SECONDS: Final = 2.0
# What a reset, a repair or nothing changes is read this often, or with every tenth reading if that comes earlier.
_SLOW_SECONDS: Final = 10.0
_GAP_SECONDS: Final = 60.0


class Gpus:
    """The last snapshot of the cards, and what work runs on. Lives within `open_gpus`."""

    def __init__(
        self, snapshot: Callable[[], Snapshot], wait_for: Callable[[Callable[[Snapshot], bool], float], Snapshot]
    ) -> None:
        self._snapshot = snapshot
        self._wait_for = wait_for

    def snapshot(self) -> Snapshot:
        """Return what is known now; never asks the driver, never waits."""
        return self._snapshot()

    def wait_for(self, wanted: Callable[[Snapshot], bool], seconds: float) -> Snapshot:
        """Return the first snapshot that is `wanted`, or the last one after `seconds`."""
        return self._wait_for(wanted, seconds)

    def device(self) -> Device:
        """Return the first card that answers and that CUDA_VISIBLE_DEVICES shows, else the CPU that stands in for one."""
        cards = self.snapshot().cards
        answering = [(card, card.facts) for card in cards if card.lost is None and card.facts]
        if "CUDA_VISIBLE_DEVICES" in os.environ:
            shown = [uuid for uuid in visible(cards) if uuid is not None]
            answering = sorted(
                ((card, facts) for card, facts in answering if facts.simulated or card.uuid in shown),
                key=lambda found: shown.index(found[0].uuid) if found[0].uuid in shown else 0,
            )
        if not answering:
            return cpu_device()
        card, facts = answering[0]
        return Device("simulated" if facts.simulated else "gpu", facts.model, card.uuid)


@contextmanager
def open_gpus(
    settings: TelemetrySettings, telemetry: "Telemetry", *, first_reading: timedelta = _FIRST_READING
) -> Iterator[Gpus]:
    """Read this host's cards in a thread until the block ends; `gpu_work` then runs on the first that answers.

    To be entered after the process has forked, if it does: NVML does not survive a fork. The first reading is waited
    for, no longer than `first_reading`.
    """
    before, telemetry.watches_gpus = telemetry.watches_gpus, True
    try:
        with _opened(settings, telemetry, first_reading) as gpus:
            yield gpus
    finally:
        telemetry.watches_gpus = before


@contextmanager
def _opened(settings: TelemetrySettings, telemetry: "Telemetry", first_reading: timedelta) -> Iterator[Gpus]:
    if settings.gpu == "off":
        off = Snapshot("off", "readings are switched off (PLAINVIEW_GPU=off)")
        yield Gpus(lambda: off, lambda _wanted, _seconds: off)
        return
    interval = settings.gpu_interval.total_seconds()
    reader = Reader(_source(settings, telemetry), Pace(interval), _noted_by(telemetry))
    gpus = Gpus(reader.snapshot.get, reader.snapshot.wait_for)
    host = platform.node() if settings.gpu_dcgm_names else None
    stale_after = 3 * interval + _SLOWEST_SECONDS
    collector = GpuCollector(gpus.snapshot, time.monotonic, stale_after=stale_after, dcgm_host=host)
    telemetry.register(collector)
    reader.snapshot.watch(_told_to(telemetry, stale_after))
    reader.start()
    gpus.wait_for(lambda snapshot: snapshot.state != "starting", first_reading.total_seconds())
    before, telemetry.device = telemetry.device, gpus.device
    cards_before, telemetry.cards = telemetry.cards, lambda: gpus.snapshot().cards
    telemetry.show_price(gpus.device())
    try:
        yield gpus
    finally:
        telemetry.device, telemetry.cards = before, cards_before
        telemetry.registry.unregister(collector)
        reader.stop(_STOP_SECONDS)


def _source(settings: TelemetrySettings, telemetry: "Telemetry") -> Source:
    if settings.gpu == "simulated":
        return SimulatedSource(lambda: telemetry.held.count)
    errors = telemetry.counter(catalog.GPU_READ_ERRORS)
    interval = settings.gpu_interval.total_seconds()
    slow, gap = min(_SLOW_SECONDS, 10 * interval), max(_GAP_SECONDS, 3 * interval)
    plan = Plan(slow_seconds=slow, gap_seconds=gap, processes=settings.gpu_processes, own_pid=own_pid())
    return NvmlSource(settings.gpu_uuids, lambda call, error: errors.labels(call, error).inc(), plan)


def _told_to(telemetry: "Telemetry", stale_after: float) -> Callable[[Snapshot], None]:
    def tell(snapshot: Snapshot) -> None:
        with telemetry.edge("gpu_work"):
            telemetry.places.take(snapshot, stale_after)

    return tell


def _noted_by(telemetry: "Telemetry") -> Callable[[Exception], None]:
    def note(error: Exception) -> None:
        with telemetry.edge("gpu"):
            raise error

    return note
