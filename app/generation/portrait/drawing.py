"""Chooses what draws the frames: torch where the job has a card and torch can use it, else the CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from app.generation.portrait import cpu
from app.generation.portrait.canvas import Pixels
from app.generation.portrait.figure import Figure
from app.generation.portrait.motion import Motion
from telemetry.catalog import Event
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from telemetry.gpu import Device

Draw = Callable[[Figure, Motion], Iterator[Pixels]]
_log = get_logger(__name__)


@cache
def drawing(device: Device) -> Draw:
    """Return the function that draws frames on `device`; a card that cannot be used is logged once."""
    if device.kind != "gpu":
        return cpu.draw
    if find_spec("torch") is None:
        _log.warning(Event.GENERATOR_GPU_UNUSED, reason="torch is not installed", device=device.name)
        return cpu.draw
    import torch  # noqa: PLC0415 - optional, and seconds to import

    if not torch.cuda.is_available():
        _log.warning(Event.GENERATOR_GPU_UNUSED, reason="torch finds no CUDA device", device=device.name)
        return cpu.draw
    from app.generation.portrait import cuda  # noqa: PLC0415 - imports torch

    return partial(cuda.draw, device=_torch_device(torch, device.uuid))


def _torch_device(torch: Any, uuid: str | None) -> Any:
    """Return torch's device of the card `uuid`, whose index need not be NVML's; the first if it cannot be told."""
    for index in range(torch.cuda.device_count()):
        if uuid and str(getattr(torch.cuda.get_device_properties(index), "uuid", "")) == uuid.removeprefix("GPU-"):
            return torch.device("cuda", index)
    return torch.device("cuda", 0)
