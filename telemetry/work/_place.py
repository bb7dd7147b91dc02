"""One device as the works of this process see it: who runs there, what each gets, and its memory."""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from telemetry.gpu._device import Device
from telemetry.work._energy import PowerSample
from telemetry.work._memory_life import Life
from telemetry.work._piece import Memory
from telemetry.work._resident import ResidentMemory
from telemetry.work._sampled import SampledMemory
from telemetry.work._shares import Share, Shares
from telemetry.work._torch import TorchMemory, ordinal_of, torch_in_use

Number = TypeVar("Number", int, float)

#: Name for the models beyond the bound, each of which would be a series.
OTHER: Final = "other"
UNNAMED: Final = "unnamed"
_MOST_MODELS: Final = 20


class MemorySource(Protocol):
    """Tells memory in bytes; None is what it cannot tell. `mark` begins a new peak."""

    @property
    def name(self) -> str: ...
    @property
    def of_this_process(self) -> bool: ...
    def mark(self) -> None: ...
    def peak(self) -> int | None: ...
    def peak_reserved(self) -> int | None: ...
    def now(self) -> int | None: ...
    def fragmented(self) -> int | None: ...


class Stay:
    """One piece of work on a device.

    Args:
        place: the device.
        model: what runs.
        outer: the piece that this one is a part of; it waits for this one if it is on the same device.
    """

    def __init__(self, place: "Place", model: str | None, outer: "Stay | None") -> None:
        self.place = place
        self.share: Share = Share(outer.share if outer is not None and outer.place is place else None)
        self.model = model or UNNAMED
        self.source = ""
        self.peak: int | None = None
        self.peak_reserved: int | None = None
        self.fullest: float | None = None

    def see(self, memory: MemorySource) -> None:
        """Take over the peak up to now."""
        if memory.name != self.source:
            self.source, self.peak, self.peak_reserved = memory.name, None, None
        self.peak = _highest(self.peak, memory.peak())
        self.peak_reserved = _highest(self.peak_reserved, memory.peak_reserved())


class Place:
    """One device. Threads may come and go at once.

    Args:
        device: what it is.
        busy: is told the seconds in which any work ran.
        clock: the monotonic clock.
    """

    def __init__(
        self, device: Device, busy: Callable[[float], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.device = device
        self._clock = clock
        self._lock = threading.Lock()
        self._shares = Shares(clock(), busy)
        self._stays: dict[int, Stay] = {}
        self._lives: dict[str, Life] = {}
        self._beside: dict[str, Life] = {}
        self._sampled = SampledMemory()
        self._resident = ResidentMemory()
        self._torch: TorchMemory | None = None
        self._unmeasured: dict[str, Life] = {}
        self._full: float | None = None

    def mark(self, stay: Stay) -> None:
        """Look at memory before a piece of work."""
        with self._lock:
            memory = self._memory()
            for other in self._stays.values():
                other.see(memory)
            life = self._life(stay.model, memory)
            if life.baseline is None:
                life.baseline = memory.now()
            memory.mark()
            stay.source = memory.name
            if memory is not self._resident and life.model not in self._beside:
                self._beside[life.model] = Life(
                    life.model, self._resident.name, self._resident.now(), clock=self._clock
                )

    def enter(self, stay: Stay) -> None:
        """Begin a piece of work: from now on it has a share of the device."""
        with self._lock:
            stay.fullest = self._full
            self._stays[id(stay)] = stay
            self._shares.enter(stay.share, self._clock())

    def leave(self, stay: Stay) -> str | None:
        """End a piece of work and its share; return what its energy is known by."""
        with self._lock:
            self._shares.leave(stay.share, self._clock())
            self._stays.pop(id(stay), None)
            return self._shares.energy_source

    def measure(self, stay: Stay) -> Memory | None:
        """Return the memory of a piece of work that has just ended, None where nothing is known of it."""
        with self._lock:
            memory = self._memory()
            stay.see(memory)
            life = self._life(stay.model, memory)
            if (beside := self._beside.get(life.model)) is not None:
                beside.ended(None if self._stays else self._resident.now())
            after = None if self._stays or memory is self._sampled else memory.now()
            life.ended(after)
            if memory is self._sampled:
                self._unmeasured[life.model] = life  # the reader's next look is the first that can show what was left
            if (stay.peak, after, life.baseline) == (None, None, None):
                return None
            return Memory(
                source=memory.name,
                peak=stay.peak,
                peak_reserved=stay.peak_reserved,
                after=after,
                baseline=life.baseline,
                leak=life.leak,
                fragmented=memory.fragmented(),
            )

    def take(self, sample: PowerSample | None, memory: tuple[float | None, float | None], full: float | None) -> None:
        """Take a reading of the card: power, memory of this process and of the card, and how full the card is."""
        with self._lock:
            self._shares.take(sample, self._clock())
            self._sampled.take(*memory)
            self._full = full
            for stay in self._stays.values():
                stay.fullest = _highest(stay.fullest, full)
            if not self._stays and (after := self._sampled.now()) is not None:
                for life in self._unmeasured.values():
                    life.measured(after)
                self._unmeasured.clear()

    def lives(self) -> list[Life]:
        """Return the memory of each model that ran here, and beside a card also the main memory of the process."""
        with self._lock:
            return [*self._lives.values(), *self._beside.values()]

    def torch(self) -> TorchMemory | None:
        """Return torch's allocator, None where torch does not use this device."""
        return self._torch

    def _memory(self) -> MemorySource:
        if self.device.kind == "cpu":
            return self._resident
        if self._torch is None and self.device.kind == "gpu" and (torch := torch_in_use()) is not None:
            ordinal = ordinal_of(torch, self.device.uuid)
            self._torch = None if ordinal is None else TorchMemory(torch, ordinal)
        return self._torch or self._sampled

    def _life(self, model: str, memory: MemorySource) -> Life:
        if model not in self._lives and len(self._lives) >= _MOST_MODELS:
            model = OTHER
        life = self._lives.get(model)
        if life is None or life.source != memory.name:
            life = Life(model, memory.name, None, of_this_process=memory.of_this_process, clock=self._clock)
            self._lives[model] = life
        return life


def _highest(known: Number | None, seen: Number | None) -> Number | None:
    return seen if known is None or (seen is not None and seen > known) else known
