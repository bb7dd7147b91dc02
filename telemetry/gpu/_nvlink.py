"""State and error counters of NVLinks; their bytes are fields."""

from collections.abc import Callable
from typing import Any, Final

from telemetry import catalog
from telemetry.gpu._asking import Asking
from telemetry.gpu._numbers import number
from telemetry.gpu._readings import Key, Reading, Value

_STATE: Final = "nvmlDeviceGetNvLinkState"
_ERRORS: Final = "nvmlDeviceGetNvLinkErrorCounter"
_KINDS: Final = ("replay", "recovery", "crc_flit", "crc_data")
_COUNT_FIELD: Final = 91


def count_links(asking: Asking) -> int:
    """Return how many NVLinks a card has, 0 where it does not tell. Raises CardLost or SourceGone."""

    def read(nvml: Any, card: Any) -> int:
        (answer,) = nvml.nvmlDeviceGetFieldValues(card, [_COUNT_FIELD])
        return 0 if answer.nvmlReturn else min(int(answer.value.uiVal), int(nvml.NVML_NVLINK_MAX_LINKS))

    found = asking.get("nvmlDeviceGetFieldValues", read, "links")
    return found if isinstance(found, int) else 0


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
