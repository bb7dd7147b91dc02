"""What an NVML error means for the reader."""

from enum import Enum, auto
from typing import Final

from telemetry.gpu._numbers import Unreliable


class Meaning(Enum):
    NOT_SUPPORTED = auto()  # this card, this call: never ask again before the next init
    EMPTY = auto()  # nothing to report this time
    FAILED = auto()  # this call, this time
    LOST = auto()  # this card
    GONE = auto()  # NVML itself


# The numbers are nvml.h's; the names are NVML's in small letters and go into labels.
_CODES: Final = {
    1: ("uninitialized", Meaning.GONE),
    2: ("invalid_argument", Meaning.FAILED),
    3: ("not_supported", Meaning.NOT_SUPPORTED),
    4: ("no_permission", Meaning.FAILED),
    6: ("not_found", Meaning.EMPTY),
    7: ("insufficient_size", Meaning.EMPTY),
    9: ("driver_not_loaded", Meaning.GONE),
    10: ("timeout", Meaning.FAILED),
    12: ("library_not_found", Meaning.GONE),
    13: ("function_not_found", Meaning.NOT_SUPPORTED),
    15: ("gpu_is_lost", Meaning.LOST),
    16: ("reset_required", Meaning.LOST),
    18: ("lib_rm_version_mismatch", Meaning.GONE),
    19: ("in_use", Meaning.FAILED),
    20: ("memory", Meaning.FAILED),
    21: ("no_data", Meaning.EMPTY),
    25: ("argument_version_mismatch", Meaning.NOT_SUPPORTED),
    26: ("deprecated", Meaning.NOT_SUPPORTED),
    27: ("not_ready", Meaning.FAILED),
    28: ("gpu_not_found", Meaning.GONE),
    999: ("unknown", Meaning.FAILED),
}


def meaning(error: Exception) -> tuple[str, Meaning]:
    """Return the name of an exception that pynvml raised, and what to do about it.

    `NVMLError` carries its code in `value`. `NVMLLibraryMismatchError` is no NVMLError: the driver is too old for a call.
    """
    if type(error).__name__ == "NVMLLibraryMismatchError":
        return "library_mismatch", Meaning.NOT_SUPPORTED
    if isinstance(error, Unreliable):
        return "unreliable", Meaning.EMPTY
    code = getattr(error, "value", None)
    if isinstance(code, int):
        return _CODES.get(code, (f"code_{code}", Meaning.FAILED))
    return type(error).__name__, Meaning.FAILED
