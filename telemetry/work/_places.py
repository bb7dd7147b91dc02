"""Every device that works of this process have run on, and what the reader's snapshots say of each."""

import os
import threading
from collections.abc import Callable, Iterator

from telemetry import catalog
from telemetry.gpu._device import Device
from telemetry.gpu._readings import Card, Key, Snapshot, Value
from telemetry.work._energy import PowerSample
from telemetry.work._place import Place


class Places:
    """The places of one process; lives as long as its `Telemetry`.

    Args:
        busy: is told a device and the seconds in which any work ran there.
    """

    def __init__(self, busy: Callable[[Device, float], None] = lambda _device, _seconds: None) -> None:
        self._busy = busy
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._snapshot: Snapshot | None = None
        self._good_for = 0.0
        self._pid = os.getpid()

    def of(self, device: Device) -> Place:
        """Return the place of a device, the same one on every call."""
        key = device.uuid or device.kind
        with self._here():
            place = self._places.get(key)
            if place is None:
                place = self._places[key] = Place(device, lambda seconds: self._busy(device, seconds))
                self._busy(device, 0.0)  # a count that appears as its first value has risen for nobody
                if self._snapshot is not None:
                    _tell(place, self._snapshot, self._good_for)
            return place

    def take(self, snapshot: Snapshot, good_for: float) -> None:
        """Take the reader's last snapshot, from which nothing can be told after so many seconds; called by its thread."""
        with self._here():
            self._snapshot, self._good_for = snapshot, good_for
            places = list(self._places.values())
        for place in places:
            _tell(place, snapshot, good_for)

    def __iter__(self) -> Iterator[Place]:
        with self._here():
            return iter(list(self._places.values()))

    def _here(self) -> threading.Lock:
        """Return the lock; in a process that was forked all begins anew."""
        if os.getpid() != self._pid:
            # What ran in the parent does not run here, and who held the lock is not here to release it.
            self._lock = threading.Lock()
            self._places, self._snapshot, self._pid = {}, None, os.getpid()
        return self._lock


def _tell(place: Place, snapshot: Snapshot, good_for: float) -> None:
    card, instance = _find(snapshot, place.device.uuid)
    if card is None or snapshot.read_at is None:
        place.take(None, (None, None), None)
        return
    power = None if _is_divided(card) else _power(card, snapshot.read_at, good_for)
    if instance is not None:
        used = _figure(card, catalog.GPU_INSTANCE_MEMORY_USED, instance)
        total = _figure(card, catalog.GPU_INSTANCE_MEMORY_TOTAL, instance)
        reserved = _figure(card, catalog.GPU_INSTANCE_MEMORY_RESERVED, instance)
    else:
        used, total = _figure(card, catalog.GPU_MEMORY_USED), _figure(card, catalog.GPU_MEMORY_TOTAL)
        reserved = _figure(card, catalog.GPU_MEMORY_RESERVED)
    full = used / (total - (reserved or 0.0)) if used is not None and total is not None and total > 0 else None
    place.take(power, (_figure(card, catalog.PROCESS_GPU_MEMORY), used), full)


def _find(snapshot: Snapshot, uuid: str | None) -> tuple[Card | None, str | None]:
    """Return the card with this UUID, or the one that it is a MIG device of with the number of its GPU instance."""
    if uuid is None or snapshot.state != "ok":
        return None, None
    for card in snapshot.cards:
        if card.lost is not None:
            continue
        if card.uuid == uuid:
            return card, None
        for key in card.readings:
            if key.metric is catalog.GPU_INSTANCE_INFO and key.labels[3] == uuid:
                return card, key.labels[0]
    return None, None


def _is_divided(card: Card) -> bool:
    # Power and energy are the whole card's: no share of a MIG device can be told from them.
    return any(key.metric is catalog.GPU_INSTANCE_INFO for key in card.readings)


def _power(card: Card, at: float, good_for: float) -> PowerSample:
    return PowerSample(at, _figure(card, catalog.GPU_POWER), _figure(card, catalog.GPU_ENERGY), good_for)


def _figure(card: Card, metric: catalog.Metric, *labels: str) -> float | None:
    reading = card.readings.get(Key(metric, labels))
    return reading.value if isinstance(reading, Value) else None
