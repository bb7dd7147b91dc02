"""State and error counters of NVLinks; their bytes are fields."""

from collections.abc import Callable
from typing import Any, Final

from telemetry import catalog
from telemetry.gpu._asking import Asking, Missing
from telemetry.gpu._numbers import number
from telemetry.gpu._readings import Key, Reading, Value

_STATE: Final = "nvmlDeviceGetNvLinkState"
_ERRORS: Final = "nvmlDeviceGetNvLinkErrorCounter"
_KINDS: Final = ("replay", "recovery", "crc_flit", "crc_data")
_COUNT_FIELD: Final = 91
_OF_LINKS: Final = (
    catalog.GPU_NVLINK_ACTIVE,
    catalog.GPU_NVLINK_TRANSMIT,
    catalog.GPU_NVLINK_RECEIVE,
    catalog.GPU_NVLINK_ERRORS,
)


def count_links(asking: Asking) -> int | Missing:
    """Return how many NVLinks a card has, or why that is not known. Raises CardLost or SourceGone."""

    def read(nvml: Any, card: Any) -> int:
        (answer,) = nvml.nvmlDeviceGetFieldValues(card, [_COUNT_FIELD])
        asking.check(answer.nvmlReturn)
        return min(int(answer.value.uiVal), int(nvml.NVML_NVLINK_MAX_LINKS))

    return asking.get("nvmlDeviceGetFieldValues", read, "links")


def without_links(why: Missing) -> dict[Key, Reading]:
    """Return the readings of links of a card that has none, or of which that is not known."""
    return {Key(metric): why for metric in _OF_LINKS}


def read_links(asking: Asking, links: int) -> dict[Key, Reading]:
    """Return state and errors of each link; a link that is down has no errors to count. Raises as `count_links`."""
    readings: dict[Key, Reading] = {}
    for link in range(links):
        state = asking.ask(_STATE, (Key(catalog.GPU_NVLINK_ACTIVE, (str(link),)),), _state(link))
        readings.update(state)
        if Value(1.0) in state.values():
            for counter, kind in enumerate(_KINDS):
                key = Key(catalog.GPU_NVLINK_ERRORS, (str(link), kind))
                readings.update(asking.ask(_ERRORS, (key,), _errors(link, counter)))
    return readings


def _state(link: int) -> Callable[[Any, Any], tuple[float, ...]]:
    return lambda nvml, card: (number(nvml.nvmlDeviceGetNvLinkState(card, link)),)


def _errors(link: int, counter: int) -> Callable[[Any, Any], tuple[float, ...]]:
    return lambda nvml, card: (number(nvml.nvmlDeviceGetNvLinkErrorCounter(card, link, counter)),)
