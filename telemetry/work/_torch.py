"""Memory of torch's CUDA allocator, where the app has loaded torch and begun to use the card. Never loads either."""

import sys
from types import ModuleType
from typing import Any, Final

_INACTIVE_SPLIT: Final = "inactive_split_bytes.all.current"


def torch_in_use() -> Any:
    """Return torch if this process computes on a card with it, else None."""
    torch: ModuleType | None = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)  # absent while torch is being imported
    return torch if cuda is not None and cuda.is_initialized() else None


def current_ordinal(torch: Any) -> int:
    """Return the number of the card that this thread uses, in CUDA's order of the visible ones."""
    return int(torch.cuda.current_device())


def uuid_of(torch: Any, ordinal: int) -> str | None:
    """Return the UUID of a visible card in NVML's form; torch tells it from version 2.5 on."""
    uuid = getattr(torch.cuda.get_device_properties(ordinal), "uuid", None)
    if uuid is None:
        return None
    text = str(uuid)
    return text if text.startswith(("GPU-", "MIG-")) else f"GPU-{text}"


def ordinal_of(torch: Any, uuid: str | None) -> int | None:
    """Return the number of the card with this UUID in CUDA's order, the current one's where torch knows no UUIDs."""
    uuids = {uuid_of(torch, ordinal): ordinal for ordinal in range(torch.cuda.device_count())}
    if uuid in uuids:
        return uuids[uuid]
    return current_ordinal(torch) if uuid is None or set(uuids) <= {None} else None


class TorchMemory:
    """What torch's allocator has given out on one card, and the highest of it since `mark`.

    `mark` begins torch's own peak anew, so an app that reads `max_memory_allocated` itself reads it since then.
    """

    name = "torch"
    of_this_process = True

    def __init__(self, torch: Any, ordinal: int) -> None:
        self._cuda = torch.cuda
        self._ordinal = ordinal

    def mark(self) -> None:
        self._cuda.reset_peak_memory_stats(self._ordinal)

    def peak(self) -> int | None:
        return int(self._cuda.max_memory_allocated(self._ordinal))

    def peak_reserved(self) -> int | None:
        return int(self._cuda.max_memory_reserved(self._ordinal))

    def now(self) -> int | None:
        return int(self._cuda.memory_allocated(self._ordinal))

    def reserved(self) -> int:
        """Return what the allocator holds, in use or not."""
        return int(self._cuda.memory_reserved(self._ordinal))

    def inactive_split(self) -> int | None:
        """Return the free parts of blocks that are in use elsewhere; None where this torch does not count them."""
        found = self._cuda.memory_stats(self._ordinal).get(_INACTIVE_SPLIT)
        return None if found is None else int(found)

    def fragmented(self) -> int | None:
        return self.reserved() - int(self._cuda.memory_allocated(self._ordinal))
