"""Readings through NVML, by the real pynvml. One thread owns init, handles, event set and shutdown."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any, Final

from telemetry.catalog import Event
from telemetry.gpu._errors import Meaning, meaning
from telemetry.gpu._events import XidEvents
from telemetry.gpu._probes import PROBES, Probe
from telemetry.gpu._readings import Absent, Card, Facts, Failed, Key, NotSupported, Reading, Value, Xid
from telemetry.gpu._source import SourceAbsent, SourceGone
from telemetry.logs import get_logger

_log = get_logger(__name__)

# A lost card is asked again this often: rarely, since a call to it may take seconds.
_RETRY_LOST_SECONDS: Final = 10.0
# Errors such as "unknown" on every call, so many readings in a row, mean that the card is lost.
_FAILURES_UNTIL_LOST: Final = 3


class CardLost(Exception):  # noqa: N818 - a state rather than an error of ours
    """A card stopped answering while the others go on."""


class NvmlSource:
    """NVML as a `Source`. Nothing is touched before `open`, so that a process may fork until then."""

    def __init__(
        self,
        uuids: Iterable[str],
        count_error: Callable[[str, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = frozenset(uuids)
        self._count_error = count_error
        self._clock = clock
        self._nvml: Any = None
        self._count = 0
        self._cards: list[_NvmlCard] = []
        self._events: XidEvents | None = None

    def open(self) -> None:
        import pynvml  # noqa: PLC0415 - only hosts that are asked to read cards load it

        try:
            pynvml.nvmlInit()
        except Exception as error:
            name, _ = meaning(error)
            if name in ("library_not_found", "driver_not_loaded"):
                raise SourceAbsent(f"no NVIDIA driver here ({name})") from error
            raise SourceGone(f"NVML does not start ({name})") from error
        self._nvml = pynvml
        try:
            self._find_cards()
        except BaseException:
            self.close()
            raise

    def count(self) -> int:
        return self._count

    def read(self) -> tuple[Card, ...]:
        return tuple(card.read() for card in self._cards)

    def wait(self, seconds: float, stop: threading.Event) -> tuple[Xid, ...]:
        return self._events.wait(seconds, stop) if self._events else _sleep(seconds, stop)

    def close(self) -> None:
        self._cards = []
        self._events = None  # the set dies with the shutdown; freeing it afterwards would crash the library
        if self._nvml is not None:
            with contextlib.suppress(Exception):
                self._nvml.nvmlShutdown()
            self._nvml = None

    def _find_cards(self) -> None:
        try:
            count = self._nvml.nvmlDeviceGetCount()
            driver = _version(self._nvml.nvmlSystemGetDriverVersion())
            cuda = _cuda_version(self._nvml)
        except Exception as error:
            raise SourceGone(f"NVML does not list its cards ({meaning(error)[0]})") from error
        if count == 0:
            # A driver without a card is a broken device mount far more often than an empty machine.
            raise SourceGone("the driver answers but shows no cards")
        self._count = count
        found = [self._find(index, driver, cuda) for index in range(count)]
        self._cards = [card for card in found if not self._wanted or card.uuid in self._wanted]
        missing = self._wanted - {card.uuid for card in self._cards}
        self._cards += [_NvmlCard(self, None, uuid, None) for uuid in sorted(missing)]
        self._events = XidEvents.opened(self._nvml, [(c.handle, c.uuid) for c in self._cards if c.handle is not None])

    def _find(self, index: int, driver: str, cuda: str) -> "_NvmlCard":
        nvml = self._nvml
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            uuid = _version(nvml.nvmlDeviceGetUUID(handle))
        except Exception as error:
            name, what = meaning(error)
            if what is Meaning.GONE:
                raise SourceGone(f"NVML stopped answering ({name})") from error
            self._count_error("nvmlDeviceGetHandleByIndex", name)
            return _NvmlCard(self, None, f"unknown-index-{index}", None)
        facts = Facts(
            index=str(index),
            model=_fact(nvml.nvmlDeviceGetName, handle),
            pci_bus_id=_fact(lambda card: nvml.nvmlDeviceGetPciInfo(card).busId, handle),
            serial=_fact(nvml.nvmlDeviceGetSerial, handle),
            driver_version=driver,
            cuda_version=cuda,
        )
        return _NvmlCard(self, handle, uuid, facts)


class _NvmlCard:
    """One card between an init and the shutdown after it."""

    def __init__(self, source: NvmlSource, handle: Any, uuid: str, facts: Facts | None) -> None:
        self.handle = handle
        self.uuid = uuid
        self._source = source
        self._facts = facts
        self._not_supported: set[Key] = set()
        self._logged: set[tuple[str, str]] = set()
        self._lost = "not found by NVML" if handle is None else None
        self._retry_at = float("inf") if handle is None else 0.0
        self._failures = 0

    def read(self) -> Card:
        """Return the card's readings, or the card as lost. Raises SourceGone."""
        clock = self._source._clock  # noqa: SLF001 - one unit, two classes
        if self._lost is not None and clock() < self._retry_at:
            return Card(self.uuid, self._facts, lost=self._lost)
        readings: dict[Key, Reading] = {}
        try:
            for probe in PROBES:
                readings.update(self._ask(probe))
            self._judge(readings)
        except CardLost as lost:
            self._lost = str(lost)
            self._retry_at = clock() + _RETRY_LOST_SECONDS
            return Card(self.uuid, self._facts, lost=self._lost)
        self._lost = None
        return Card(self.uuid, self._facts, MappingProxyType(readings))

    def _ask(self, probe: Probe) -> dict[Key, Reading]:
        if probe.keys[0] in self._not_supported:
            return dict.fromkeys(probe.keys, NotSupported())
        try:
            values = probe.read(self._source._nvml, self.handle)  # noqa: SLF001 - one unit, two classes
        except Exception as error:  # noqa: BLE001 - whatever a driver answers becomes a state, never a number
            return dict.fromkeys(probe.keys, self._state(probe, error))
        return {key: Value(value) for key, value in zip(probe.keys, values, strict=True)}

    def _state(self, probe: Probe, error: Exception) -> Reading:
        name, what = meaning(error)
        match what:
            case Meaning.GONE:
                raise SourceGone(f"NVML stopped answering ({name})") from error
            case Meaning.LOST:
                self._source._count_error(probe.call, name)  # noqa: SLF001
                raise CardLost(name) from error
            case Meaning.NOT_SUPPORTED:
                self._not_supported.add(probe.keys[0])
                _log.debug(Event.GPU_NOT_SUPPORTED, gpu_uuid=self.uuid, call=probe.call, error=name)
                return NotSupported()
            case Meaning.EMPTY:
                return Absent(name)
        self._source._count_error(probe.call, name)  # noqa: SLF001
        if (probe.call, name) not in self._logged:
            self._logged.add((probe.call, name))
            _log.warning(Event.GPU_READING_FAILED, gpu_uuid=self.uuid, call=probe.call, error=name)
        return Failed(name)

    def _judge(self, readings: dict[Key, Reading]) -> None:
        """Take a card of which nothing can be read for lost, though no call says so outright."""
        asked = [reading for reading in readings.values() if not isinstance(reading, NotSupported)]
        if asked and all(isinstance(reading, Failed) for reading in asked):
            self._failures += 1
        else:
            self._failures = 0
        if self._failures >= _FAILURES_UNTIL_LOST:
            raise CardLost(f"every call failed, {self._failures} readings in a row")


def _sleep(seconds: float, stop: threading.Event) -> tuple[Xid, ...]:
    stop.wait(seconds)
    return ()


def _version(text: Any) -> str:
    return text.decode() if isinstance(text, bytes) else str(text)


def _fact(read: Callable[[Any], Any], handle: Any) -> str:
    """Return a fact as text, empty where the card does not tell it (a GeForce has no serial number)."""
    try:
        return _version(read(handle))
    except Exception as error:
        if meaning(error)[1] is Meaning.GONE:
            raise SourceGone(f"NVML stopped answering ({meaning(error)[0]})") from error
        return ""


def _cuda_version(nvml: Any) -> str:
    try:
        number = int(nvml.nvmlSystemGetCudaDriverVersion())
    except Exception:  # noqa: BLE001 - a fact to show, nothing depends on it
        return ""
    return f"{number // 1000}.{number % 1000 // 10}"
