"""Which device a piece of work runs on: the one that is named, torch's current one, else the first that CUDA shows."""

from collections.abc import Sequence
from typing import Any, Final

from telemetry.gpu._device import Device, cpu_device
from telemetry.gpu._readings import Card
from telemetry.gpu._visible import visible
from telemetry.work._torch import current_ordinal, torch_in_use, uuid_of

_UUIDS: Final = ("GPU-", "MIG-")
_UNKNOWN: Final = "one of several cards"


def chosen(device: Any, cards: Sequence[Card], usual: Device) -> Device:
    """Return what `gpu_work(device=)` means, or without one what this process computes on.

    Args:
        device: a Device, a UUID, a number in CUDA's order, "cuda:1" or "cpu", a torch.device; None for the usual one.
        cards: what the last reading knows.
        usual: the first card that CUDA shows and that answers, else the CPU.
    """
    if isinstance(device, Device):
        return device
    if device is None:
        return _current(cards, usual)
    if isinstance(device, int):
        return _at(device, cards)
    text = str(device)
    if text.startswith(_UUIDS):
        return _named(text, cards)
    kind, _, number = text.partition(":")
    if kind == "cpu":
        return cpu_device()
    if kind != "cuda" or not (number.isdigit() or not number):
        raise ValueError(f"device={text!r} is not a UUID, a number, 'cuda', 'cuda:NUMBER' or 'cpu'")
    return _at(int(number), cards) if number else _current(cards, usual)


def _current(cards: Sequence[Card], usual: Device) -> Device:
    torch = torch_in_use()
    if torch is None:
        return usual
    ordinal = current_ordinal(torch)
    uuid = uuid_of(torch, ordinal)
    return _at(ordinal, cards) if uuid is None else _named(uuid, cards)


def _at(ordinal: int, cards: Sequence[Card]) -> Device:
    shown = visible(cards)
    uuid = shown[ordinal] if ordinal < len(shown) else None
    return Device("gpu", _UNKNOWN) if uuid is None else _named(uuid, cards)


def _named(uuid: str, cards: Sequence[Card]) -> Device:
    """Return the card or MIG device with this UUID; one that no reading knows is named by its UUID."""
    for card in cards:
        if card.facts and card.uuid == uuid:
            return Device("simulated" if card.facts.simulated else "gpu", card.facts.model, uuid)
    return Device("gpu", uuid, uuid)
