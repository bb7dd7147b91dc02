"""The parts of a card in MIG mode: memory and activity by GPU instance."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from telemetry import catalog
from telemetry.gpu._activity import Activity
from telemetry.gpu._asking import Asking
from telemetry.gpu._numbers import text
from telemetry.gpu._probes import memory
from telemetry.gpu._readings import Key, Reading, Value

_COUNT: Final = "nvmlDeviceGetMaxMigDeviceCount"
_HANDLE: Final = "nvmlDeviceGetMigDeviceHandleByIndex"
# Slots are sparse: an empty one answers "not found", or on some drivers this.
_INVALID_ARGUMENT: Final = 2


@dataclass(frozen=True, slots=True)
class _MigDevice:
    handle: Any
    gpu_instance: int
    compute_instance: int
    uuid: str
    profile: str


class Instances:
    """Reads the MIG devices of one card; finds them anew each time, as they may change at any moment."""

    def __init__(self, asking: Asking, clock: Callable[[], float], gap_seconds: float) -> None:
        self._asking = asking
        self._clock = clock
        self._gap_seconds = gap_seconds
        self._activity: dict[tuple[int, str], Activity] = {}

    def mode(self) -> bool:
        """Say whether the card is divided now. Raises CardLost or SourceGone."""
        mode = self._asking.get("nvmlDeviceGetMigMode", lambda nvml, card: int(nvml.nvmlDeviceGetMigMode(card)[0]))
        return mode == 1

    def read(self) -> dict[Key, Reading]:
        """Return the readings of every GPU instance once. Raises CardLost or SourceGone."""
        readings: dict[Key, Reading] = {}
        first: dict[int, _MigDevice] = {}
        for device in self._devices():
            labels = (str(device.gpu_instance), str(device.compute_instance), device.profile, device.uuid)
            readings[Key(catalog.GPU_INSTANCE_INFO, labels)] = Value(1.0)
            # Compute instances share the memory of their GPU instance: it is counted once.
            if device.gpu_instance not in first:
                first[device.gpu_instance] = device
        self._keep({(number, device.uuid) for number, device in first.items()})
        for number, device in first.items():
            readings.update(self._memory(device))
            readings.update(self._active(number, device.uuid))
        return readings

    def close(self) -> None:
        """Free what NVML gave; raises nothing."""
        self._keep(set())

    def _devices(self) -> Iterator[_MigDevice]:
        most = self._asking.get(_COUNT, lambda nvml, card: int(nvml.nvmlDeviceGetMaxMigDeviceCount(card)))
        for slot in range(most if isinstance(most, int) else 0):
            found = self._asking.get(_HANDLE, partial(_device, slot), slot)
            if isinstance(found, _MigDevice):
                yield found

    def _memory(self, device: _MigDevice) -> dict[Key, Reading]:
        label = (str(device.gpu_instance),)
        keys = (
            Key(catalog.GPU_INSTANCE_MEMORY_TOTAL, label),
            Key(catalog.GPU_INSTANCE_MEMORY_USED, label),
            Key(catalog.GPU_INSTANCE_MEMORY_RESERVED, label),
            Key(catalog.GPU_INSTANCE_MEMORY_FREE, label),
        )
        return self._asking.ask("nvmlDeviceGetMemoryInfo", keys, lambda nvml, _card: memory(nvml, device.handle))

    def _active(self, number: int, uuid: str) -> dict[Key, Reading]:
        if (number, uuid) not in self._activity:
            self._activity[number, uuid] = Activity(self._asking, self._clock, self._gap_seconds, number)
        return self._activity[number, uuid].read()

    def _keep(self, wanted: set[tuple[int, str]]) -> None:
        for gone in self._activity.keys() - wanted:
            self._activity.pop(gone).close()


def _device(slot: int, nvml: Any, card: Any) -> _MigDevice | None:
    try:
        handle = nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, slot)
    except nvml.NVMLError as error:
        if error.value == _INVALID_ARGUMENT:
            return None
        raise
    return _MigDevice(
        handle,
        int(nvml.nvmlDeviceGetGpuInstanceId(handle)),
        int(nvml.nvmlDeviceGetComputeInstanceId(handle)),
        text(nvml.nvmlDeviceGetUUID(handle)),
        text(nvml.nvmlDeviceGetName(handle)).rpartition("MIG ")[2],
    )
