"""One card between an init of NVML and the shutdown after it."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from telemetry import catalog
from telemetry.gpu._activity import Activity
from telemetry.gpu._asking import NOT_SUPPORTED, Asking, CardLost, Missing
from telemetry.gpu._fields import Fields
from telemetry.gpu._instances import Instances
from telemetry.gpu._nvlink import count_links, read_links, without_links
from telemetry.gpu._probes import PROBES
from telemetry.gpu._processes import read_processes
from telemetry.gpu._readings import Card, Facts, Failed, Key, NotSupported, Reading

# A lost card is asked again this often: rarely, since a call to it may take seconds.
_RETRY_LOST_SECONDS: Final = 10.0
# Errors such as "unknown" on every call, so many readings in a row, mean that the card is lost.
_FAILURES_UNTIL_LOST: Final = 3

_FAST: Final = tuple(probe for probe in PROBES if not probe.slow)
_SLOW: Final = tuple(probe for probe in PROBES if probe.slow)


@dataclass(frozen=True, slots=True)
class Plan:
    """How cards are read.

    Attributes:
        start_seconds: what the driver gets to start and to list its cards; without persistence mode it takes seconds.
        card_seconds: what it gets to read one card, where a call takes microseconds to milliseconds. A card that takes
            longer is left alone until its call returns.
        end_seconds: what it gets to shut down.
        slow_seconds: time between two readings of what changes rarely.
        gap_seconds: activity is not measured over more than this.
        processes: whether memory is read by process.
        own_pid: id of this process as the driver sees it, None where that is not known.
    """

    start_seconds: float = 15.0
    card_seconds: float = 1.0
    end_seconds: float = 1.0
    slow_seconds: float = 10.0
    gap_seconds: float = 60.0
    processes: bool = False
    own_pid: int | None = None


class UnreadableCard:
    """A card that NVML does not hand out, or that was asked for by a UUID that no card has."""

    call = ""
    xids_seen = False

    def __init__(self, uuid: str) -> None:
        self.uuid = uuid
        self.facts: Facts | None = None

    def read(self) -> Card:
        return Card(self.uuid, None, lost="not found by NVML")

    def close(self) -> None:
        pass


class NvmlCard:
    """Reads one card; used by one thread at a time.

    Args:
        asking: asks the driver about this card.
        facts: what does not change.
        plan: what is read and how often.
        clock: the monotonic clock.
        first_delay: seconds by which the second reading of what changes rarely is put off, so that not all cards have
            their long turn together.
    """

    def __init__(
        self, asking: Asking, facts: Facts, plan: Plan, clock: Callable[[], float], first_delay: float = 0.0
    ) -> None:
        self.uuid = asking.uuid
        self.facts: Facts | None = facts
        self._asking = asking
        self._clock = clock
        self._plan = plan
        self._first_delay = first_delay
        self._links = 0
        self._no_links: Missing | None = None
        self._fields: Fields | None = None
        self._activity = Activity(asking, clock, plan.gap_seconds)
        self._instances = Instances(asking, clock, plan.gap_seconds)
        self._divided = False
        self._slow: dict[Key, Reading] = {}
        self._slow_at = 0.0
        self._lost: str | None = None
        self._retry_at = 0.0
        self._failures = 0
        #: Whether the driver reports XID errors of this card; where it does not, none seen says nothing.
        self.xids_seen = True

    @property
    def call(self) -> str:
        """The last call made, which is the one that hangs if one does."""
        return self._asking.call

    def read(self) -> Card:
        """Return the card's readings, or the card as lost. Raises SourceGone."""
        if self._lost is not None and self._clock() < self._retry_at:
            return Card(self.uuid, self.facts, lost=self._lost)
        try:
            readings = self._readings()
            self._judge(readings)
        except CardLost as lost:
            self._lost = str(lost)
            self._retry_at = self._clock() + _RETRY_LOST_SECONDS
            self._slow = {}
            return Card(self.uuid, self.facts, lost=self._lost)
        self._lost = None
        return Card(self.uuid, self.facts, MappingProxyType(readings))

    def close(self) -> None:
        """Give back what NVML gave for this card, before the shutdown; raises nothing."""
        self._activity.close()
        self._instances.close()

    def _readings(self) -> dict[Key, Reading]:
        divided = self._instances.mode()
        if divided != self._divided:
            self._divided = divided
            self._asking.forget()
            self._fields = None
            self._slow = {}
        if self._fields is None or isinstance(self._no_links, Failed):
            self._count_links()
        readings: dict[Key, Reading] = {}
        for probe in _FAST:
            readings.update(self._asking.ask(probe.call, probe.keys, probe.read))
        readings.update(self._rarely())
        if self._fields is not None:
            readings.update(self._fields.read())
        if self._no_links is not None:
            readings.update(without_links(self._no_links))
        readings.update(self._activity.read())
        if divided:
            readings.update(self._instances.read())
        if self._plan.processes or self._plan.own_pid is not None:
            readings.update(read_processes(self._asking, self._plan.own_pid, every=self._plan.processes))
        if not self.xids_seen:
            readings[Key(catalog.GPU_XID_ERRORS)] = NOT_SUPPORTED
        return readings

    def _count_links(self) -> None:
        found = count_links(self._asking)
        self._links = found if isinstance(found, int) else 0
        if self._fields is None or self._links:
            self._fields = Fields(self._asking, self._links)
        self._no_links = None if self._links else NOT_SUPPORTED if isinstance(found, int) else found

    def _rarely(self) -> dict[Key, Reading]:
        """Return what changes with a reset, a repair or never, at most `slow_seconds` old."""
        now = self._clock()
        if not self._slow or now >= self._slow_at:
            self._slow = {}
            for probe in _SLOW:
                self._slow.update(self._asking.ask(probe.call, probe.keys, probe.read))
            self._slow.update(read_links(self._asking, self._links))
            self._slow_at = now + self._plan.slow_seconds + self._first_delay
            self._first_delay = 0.0
        return self._slow

    def _judge(self, readings: dict[Key, Reading]) -> None:
        """Take a card of which nothing can be read for lost, though no call says so outright."""
        asked = [reading for reading in readings.values() if not isinstance(reading, NotSupported)]
        if asked and all(isinstance(reading, Failed) for reading in asked):
            self._failures += 1
        else:
            self._failures = 0
        if self._failures >= _FAILURES_UNTIL_LOST:
            raise CardLost(f"every call failed, {self._failures} readings in a row")
