"""Which cards CUDA shows this process, and in which order, told from NVML's list and the environment."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from telemetry.gpu._readings import Card

_NAMED: Final = ("GPU-", "MIG-")


def visible(cards: Sequence[Card], environment: Mapping[str, str] = os.environ) -> list[str | None]:
    """Return the UUIDs of the cards in CUDA's order, as CUDA_VISIBLE_DEVICES has it; None where that cannot be told.

    CUDA numbers cards fastest first unless CUDA_DEVICE_ORDER is PCI_BUS_ID, which is NVML's order: of different models
    a number then says nothing here. As for CUDA, the list ends at its first entry that is no card.
    """
    by_number = {int(card.facts.index): card for card in cards if card.facts and card.facts.index.isdigit()}
    models = {card.facts.model for card in by_number.values() if card.facts}
    if len(models) <= 1 or environment.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        numbered: dict[int, str | None] = {number: card.uuid for number, card in by_number.items()}
    else:
        numbered = dict.fromkeys(by_number)
    if "CUDA_VISIBLE_DEVICES" not in environment:
        return [numbered.get(number) for number in range(max(numbered, default=-1) + 1)]
    found: list[str | None] = []
    for word in environment["CUDA_VISIBLE_DEVICES"].split(","):
        entry = word.strip()
        if entry.isdigit() and int(entry) in numbered:
            found.append(numbered[int(entry)])
        elif entry.startswith(_NAMED) and (uuid := _full_name(entry, cards)) is not None:
            found.append(uuid)
        else:
            break
    return found


def _full_name(entry: str, cards: Sequence[Card]) -> str | None:
    """Return the UUID that an entry is or begins; a MIG device is named in full."""
    if entry.startswith("MIG-"):
        return entry
    found = [card.uuid for card in cards if card.uuid.startswith(entry)]
    return found[0] if len(found) == 1 else None
