"""The readings of a card that NVML gives as numbered fields, many in one call."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from telemetry import catalog
from telemetry.gpu._asking import Asking, Missing
from telemetry.gpu._numbers import NoValue, Rising, number
from telemetry.gpu._readings import Key, NotSupported, Reading, Value

CALL: Final = "nvmlDeviceGetFieldValues"

# nvmlFieldValue_t: id, scope, time, latency, type, return code, value. Attribute access through pynvml's structures
# took half the time of a reading of a card with many NVLinks.
_ANSWER: Final = struct.Struct("=IIqqII8s")
# What the value is, by nvmlValueType_t: double, unsigned int, long and long long, signed long long, int, short.
_TYPES: Final = tuple(struct.Struct(f"={code}") for code in "dIQQqiH")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, its scope (an NVLink, else 0), its series, and what makes base units of it."""

    number: int
    scope: int
    key: Key
    convert: Callable[[float], float]


def _card_fields() -> Iterator[Field]:
    yield Field(82, 0, Key(catalog.GPU_MEMORY_TEMPERATURE), float)
    for number_, reason in (
        (74, "sw_power_cap"),
        (76, "sync_boost"),
        (269, "sw_thermal"),
        (270, "hw_thermal"),
        (271, "hw_power_brake"),
    ):
        yield Field(number_, 0, Key(catalog.GPU_THROTTLE, (reason,)), lambda ns: ns / 1e9)
    yield Field(197, 0, Key(catalog.GPU_PCIE_TRANSMIT), Rising())
    yield Field(198, 0, Key(catalog.GPU_PCIE_RECEIVE), Rising())
    yield Field(230, 0, Key(catalog.GPU_RECOVERY_ACTION), float)


def _link_fields(link: int) -> Iterator[Field]:
    """Yield the counters of one NVLink: up to generation 4 in KiB, from 5 on in bytes; a link has one or the other."""
    label = (str(link),)
    yield Field(138, link, Key(catalog.GPU_NVLINK_TRANSMIT, label), lambda kib: kib * 1024)
    yield Field(139, link, Key(catalog.GPU_NVLINK_RECEIVE, label), lambda kib: kib * 1024)
    yield Field(202, link, Key(catalog.GPU_NVLINK_TRANSMIT, label), float)
    yield Field(204, link, Key(catalog.GPU_NVLINK_RECEIVE, label), float)
    for number_, kind in ((208, "receive"), (211, "link_integrity"), (215, "recovery")):
        yield Field(number_, link, Key(catalog.GPU_NVLINK_ERRORS, (*label, kind)), float)


class Fields:
    """The fields of one card with so many NVLinks. A field that is not supported leaves the list."""

    def __init__(self, asking: Asking, links: int) -> None:
        self._asking = asking
        self._links = links
        self.again()

    def again(self) -> None:
        """Ask for every field again: the card changed its MIG mode."""
        links = (field for link in range(self._links) for field in _link_fields(link))
        self._fields = [*_card_fields(), *links]
        self._wanted = [(field.number, field.scope) for field in self._fields]
        self._refused: dict[Key, Reading] = {}

    def read(self) -> dict[Key, Reading]:
        """Return all fields by one call. Raises CardLost or SourceGone."""
        fields = self._fields
        answers = self._asking.get(CALL, lambda nvml, card: bytes(nvml.nvmlDeviceGetFieldValues(card, self._wanted)))
        if isinstance(answers, Missing):
            return {field.key: answers for field in fields}
        readings = dict(self._refused)
        kept = []
        for field, (*_, kind, code, raw) in zip(fields, _ANSWER.iter_unpack(answers), strict=True):
            reading = self._reading(field, kind, code, raw)
            if not isinstance(readings.get(field.key), Value):
                readings[field.key] = reading
            if code not in _NEVER:
                kept.append(field)
        self._drop_all_but(kept, readings)
        return readings

    def _reading(self, field: Field, kind: int, code: int, raw: bytes) -> Reading:
        try:
            self._asking.check(code)
            return Value(field.convert(number(_value(kind, raw))))
        except Exception as error:  # noqa: BLE001 - as for any other call
            return self._asking.missing(f"field {field.number}", error, field.key)

    def _drop_all_but(self, kept: list[Field], readings: dict[Key, Reading]) -> None:
        if len(kept) < len(self._fields):
            self._fields = kept
            self._wanted = [(field.number, field.scope) for field in kept]
            left = {field.key for field in kept}
            missing = {key: reading for key, reading in readings.items() if key not in left}
            self._refused = {key: reading for key, reading in missing.items() if isinstance(reading, NotSupported)}


# NVML_ERROR_NOT_SUPPORTED, _FUNCTION_NOT_FOUND, _DEPRECATED
_NEVER: Final = frozenset({3, 13, 26})


def _value(kind: int, raw: bytes) -> float:
    if kind >= len(_TYPES):
        raise NoValue(f"value type {kind}")
    figure: float = _TYPES[kind].unpack_from(raw)[0]
    return figure
