"""What can be known about a card, and the ways of not knowing it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from telemetry.catalog import Metric


@dataclass(frozen=True, slots=True)
class Value:
    """The card answered. `value` is in the metric's base unit."""

    value: float


@dataclass(frozen=True, slots=True)
class NotSupported:
    """This card or driver has no such reading, and will not before the next start of NVML."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The reading exists and could not be had this time; `error` is NVML's name for why."""

    error: str


@dataclass(frozen=True, slots=True)
class Absent:
    """There is nothing to read now: the card has no data yet, or is not there."""

    reason: str


Reading = Value | NotSupported | Failed | Absent


@dataclass(frozen=True, slots=True)
class Key:
    """One series of a card: a metric and its label values after `gpu_uuid`."""

    metric: Metric
    labels: tuple[str, ...] = ()

    def __hash__(self) -> int:
        # Names tell metrics apart; hashing all of a metric took a third of the time of a reading.
        return hash((self.metric.name, self.labels))


@dataclass(frozen=True, slots=True)
class Facts:
    """What does not change while NVML is open. An empty text means that the card does not say."""

    index: str
    model: str
    pci_bus_id: str = ""
    serial: str = ""
    driver_version: str = ""
    cuda_version: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One card at one moment. `lost` says why it does not answer, None while it does."""

    uuid: str
    facts: Facts | None
    readings: Mapping[Key, Reading] = field(default_factory=lambda: MappingProxyType({}))
    lost: str | None = None

    def reading(self, metric: Metric, *labels: str) -> Reading:
        """Return what is known of one series of this card."""
        return self.readings.get(Key(metric, labels), Absent(self.lost or "never read"))


@dataclass(frozen=True, slots=True)
class Xid:
    """An error that the driver reported, at a Unix time."""

    uuid: str
    code: int
    at: float


@dataclass(frozen=True, slots=True)
class XidCount:
    """How often one XID came while this process watched, and when last."""

    count: int
    last: float


State = Literal["off", "starting", "ok", "absent", "failed"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last thing the reader knows.

    Attributes:
        state: off (not asked for), starting (nothing known yet), ok, absent (no library or driver here), failed (NVML
            was there and stopped answering).
        reason: why the state is not ok, in words.
        cards: every card seen since the start, the lost ones too.
        count: cards that NVML counts, None while it does not answer.
        read_at: monotonic time of the last complete reading, None before the first; its age is what matters.
        read_at_unix: the same as Unix time, to be shown.
        seconds: how long that reading took.
        xids: XID errors by card and code.
    """

    state: State
    reason: str = ""
    cards: tuple[Card, ...] = ()
    count: int | None = None
    read_at: float | None = None
    read_at_unix: float | None = None
    seconds: float | None = None
    xids: Mapping[tuple[str, int], XidCount] = field(default_factory=lambda: MappingProxyType({}))
