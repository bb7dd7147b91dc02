"""XID errors, which the driver reports as events and never again."""

import ctypes
import threading
import time
from queue import Empty, SimpleQueue
from typing import Any, Final, Self

from telemetry.gpu._errors import meaning
from telemetry.gpu._readings import Xid

# The threads look at their stop signals this often while they wait for events.
_STEP_SECONDS: Final = 0.25
# After a failed wait (a card that fell off the bus fails it at once) plain waiting takes over for a while.
_BACK_OFF_SECONDS: Final = 30.0
_END_SECONDS: Final = 1.0


class XidEvents:
    """One NVML event set and the thread that waits on it; dies with the init that it was made in."""

    def __init__(self, nvml: Any, events: Any, uuids: dict[int, str]) -> None:
        self._nvml = nvml
        self._events = events
        self._uuids = uuids
        self._found: SimpleQueue[Xid] = SimpleQueue()
        self._end = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="plainview-gpu-events", daemon=True)

    @classmethod
    def opened(cls, nvml: Any, cards: list[tuple[Any, str]]) -> Self | None:
        """Return an event set in which the cards that can are registered, None where none can."""
        uuids: dict[int, str] = {}
        try:
            events = nvml.nvmlEventSetCreate()
        except Exception:  # noqa: BLE001 - a driver without events: readings go on without XIDs
            return None
        for handle, uuid in cards:
            try:
                supported = nvml.nvmlDeviceGetSupportedEventTypes(handle)
                if supported & nvml.nvmlEventTypeXidCriticalError:
                    nvml.nvmlDeviceRegisterEvents(handle, nvml.nvmlEventTypeXidCriticalError, events)
                    uuids[_address(handle)] = uuid
            except Exception:  # noqa: BLE001, S112 - Windows Subsystem for Linux and vGPU guests have none
                continue
        return cls(nvml, events, uuids) if uuids else None

    def watches(self, uuid: str) -> bool:
        """Say whether errors of this card would be seen."""
        return uuid in self._uuids.values()

    def start(self) -> None:
        self.thread.start()

    def close(self) -> bool:
        """End the thread; False when it hangs in the driver."""
        self._end.set()
        self.thread.join(_END_SECONDS)
        return not self.thread.is_alive()

    def wait(self, seconds: float, stop: threading.Event) -> tuple[Xid, ...]:
        """Wait for an event; returns after one, at `stop`, or when the time is over."""
        end = time.monotonic() + seconds
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            try:
                return (self._found.get(timeout=min(left, _STEP_SECONDS)),)
            except Empty:
                continue
        return ()

    def _watch(self) -> None:
        while not self._end.is_set():
            try:
                event = self._nvml.nvmlEventSetWait(self._events, int(_STEP_SECONDS * 1000))
            except Exception as error:  # noqa: BLE001 - a timeout is the normal outcome
                if meaning(error)[0] != "timeout":
                    self._end.wait(_BACK_OFF_SECONDS)
                continue
            uuid = self._uuids.get(_address(event.device), "unknown")
            self._found.put(Xid(uuid, int(event.eventData), time.time()))


def _address(handle: Any) -> int:
    # Two handles of one card are not equal in pynvml; what they point to is.
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
