"""One card's questions to the driver, and what becomes of the answers."""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from telemetry.catalog import Event
from telemetry.gpu._errors import Meaning, meaning
from telemetry.gpu._readings import Absent, Failed, Key, NotSupported, Reading, Value
from telemetry.gpu._source import SourceGone
from telemetry.logs import get_logger

_log = get_logger(__name__)

NOT_SUPPORTED: Final = NotSupported()

#: What stands where a value could not be had.
Missing = NotSupported | Failed | Absent

Answer = TypeVar("Answer")


class CardLost(Exception):  # noqa: N818 - a state rather than an error of ours
    """A card stopped answering while the others go on."""


class Asking:
    """Asks NVML about one card between an init and the shutdown after it. What is not supported is asked once.

    Attributes:
        nvml: pynvml.
        handle: the card's handle in this init.
        uuid: of the card.
        call: the last call made, which is the one that hangs if one does.
    """

    def __init__(self, nvml: Any, handle: Any, uuid: str, count_error: Callable[[str, str], None]) -> None:
        self.nvml = nvml
        self.handle = handle
        self.call = ""
        self.uuid = uuid
        self._count_error = count_error
        self._not_supported: set[Hashable] = set()
        self._logged: set[tuple[str, str]] = set()

    def ask(
        self, call: str, keys: tuple[Key, ...], read: Callable[[Any, Any], tuple[float, ...]]
    ) -> dict[Key, Reading]:
        """Return a reading for each key; `read` gets pynvml and the handle. Raises CardLost or SourceGone."""
        got = self.get(call, read, keys[0])
        if isinstance(got, tuple):
            return {key: Value(value) for key, value in zip(keys, got, strict=True)}
        return dict.fromkeys(keys, got)

    def get(self, call: str, read: Callable[[Any, Any], Answer], subject: Hashable = None) -> Answer | Missing:
        """Return what `read` returns, or why there is nothing. Raises CardLost or SourceGone."""
        if (call, subject) in self._not_supported:
            return NOT_SUPPORTED
        self.call = call
        try:
            return read(self.nvml, self.handle)
        except Exception as error:  # noqa: BLE001 - whatever a driver answers becomes a state, never a number
            return self.missing(call, error, subject)

    def missing(self, call: str, error: Exception, subject: Hashable = None) -> Missing:
        """Return the state that an error means. Raises CardLost or SourceGone."""
        name, what = meaning(error)
        match what:
            case Meaning.GONE:
                raise SourceGone(f"NVML stopped answering ({name})") from error
            case Meaning.LOST:
                self._count_error(call, name)
                raise CardLost(name) from error
            case Meaning.NOT_SUPPORTED:
                self._not_supported.add((call, subject))
                _log.debug(Event.GPU_NOT_SUPPORTED, gpu_uuid=self.uuid, call=call, error=name)
                return NOT_SUPPORTED
            case Meaning.EMPTY:
                return Absent(name)
        self._count_error(call, name)
        if (call, name) not in self._logged:
            self._logged.add((call, name))
            _log.warning(Event.GPU_READING_FAILED, gpu_uuid=self.uuid, call=call, error=name)
        return Failed(name)

    def check(self, code: int) -> None:
        """Raise the NVMLError of a code that came inside an answer; 0 is success."""
        if code:
            raise self.nvml.NVMLError(code)

    def forget(self) -> None:
        """Ask again for what was not supported: the card changed its MIG mode."""
        self._not_supported.clear()
