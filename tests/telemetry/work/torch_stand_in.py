"""Stands in for torch: the functions and errors of torch.cuda that telemetry uses, over counted bytes.

Signatures and the keys of `memory_stats` are those of torch 2.5 and later (docs.pytorch.org, torch.cuda).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace


class Card:
    def __init__(self, uuid: str, total: int = 1 << 34) -> None:
        self.uuid = uuid
        self.total = total
        self.allocated = self.reserved = self.peak = self.peak_reserved = self.inactive_split = 0


class Torch(ModuleType):
    """A torch that has initialized CUDA; `allocate` and `free` are what tensors would do."""

    def __init__(self, *uuids: str) -> None:
        super().__init__("torch")
        self.cards = [Card(uuid) for uuid in uuids]
        self.current = 0
        self.initialized = True
        cuda = ModuleType("torch.cuda")
        self.cuda = cuda
        self.OutOfMemoryError = type("OutOfMemoryError", (RuntimeError,), {"__module__": "torch"})
        cuda.OutOfMemoryError = self.OutOfMemoryError
        cuda.is_initialized = lambda: self.initialized
        cuda.is_available = lambda: True
        cuda.device_count = lambda: len(self.cards)
        cuda.current_device = lambda: self.current
        cuda.get_device_properties = lambda device: SimpleNamespace(uuid=self.cards[device].uuid.removeprefix("GPU-"))
        cuda.memory_allocated = lambda device=None: self._card(device).allocated
        cuda.memory_reserved = lambda device=None: self._card(device).reserved
        cuda.max_memory_allocated = lambda device=None: self._card(device).peak
        cuda.max_memory_reserved = lambda device=None: self._card(device).peak_reserved
        cuda.memory_stats = lambda device=None: {
            "allocated_bytes.all.current": self._card(device).allocated,
            "reserved_bytes.all.current": self._card(device).reserved,
            "inactive_split_bytes.all.current": self._card(device).inactive_split,
        }
        cuda.reset_peak_memory_stats = self._reset

    def allocate(self, size: int, device: int | None = None) -> None:
        card = self._card(device)
        if card.allocated + size > card.total:
            raise self.OutOfMemoryError(
                f"CUDA out of memory. Tried to allocate {size >> 20}.00 MiB. GPU {self.current} has a total capacity "
                f"of {card.total >> 30}.00 GiB of which 0 bytes is free."
            )
        card.allocated += size
        card.reserved = max(card.reserved, card.allocated)
        card.peak = max(card.peak, card.allocated)
        card.peak_reserved = max(card.peak_reserved, card.reserved)

    def free(self, size: int, device: int | None = None) -> None:
        self._card(device).allocated -= size

    def _card(self, device: int | None) -> Card:
        return self.cards[self.current if device is None else device]

    def _reset(self, device: int | None = None) -> None:
        card = self._card(device)
        card.peak, card.peak_reserved = card.allocated, card.reserved


@contextmanager
def torch_on(*uuids: str) -> Iterator[Torch]:
    """Let programs find this torch among the loaded modules."""
    before = sys.modules.get("torch")
    torch = Torch(*uuids)
    sys.modules["torch"], sys.modules["torch.cuda"] = torch, torch.cuda
    try:
        yield torch
    finally:
        del sys.modules["torch.cuda"]
        if before is None:
            del sys.modules["torch"]
        else:
            sys.modules["torch"] = before
