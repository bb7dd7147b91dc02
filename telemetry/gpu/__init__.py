"""GPU readings: one thread asks NVML, everyone else sees its last snapshot and how old that is.

Series: the `gpu_*` families of the catalog. A value, a reading that the card does not support, one that failed and a
card that is not there are four different types from NVML to the exposition: no error ever becomes a number.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from telemetry.gpu._device import Device
    from telemetry.gpu._gpus import Gpus, open_gpus
    from telemetry.gpu._readings import Absent, Card, Facts, Failed, NotSupported, Reading, Snapshot, Value, Xid

__all__ = [
    "Absent",
    "Card",
    "Device",
    "Facts",
    "Failed",
    "Gpus",
    "NotSupported",
    "Reading",
    "Snapshot",
    "Value",
    "Xid",
    "open_gpus",
]

# Loaded on first use: a process that serves requests and has no card to read does not pay for NVML.
_HOME: Final = {
    "Device": "_device",
    "Gpus": "_gpus",
    "open_gpus": "_gpus",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'telemetry.gpu' has no attribute {name!r}")
    return getattr(import_module(f"telemetry.gpu.{_HOME.get(name, '_readings')}"), name)
