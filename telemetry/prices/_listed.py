"""The table of prices in `prices.csv`, each with its date and source; lists change, so that settings go first."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final

#: Words that make it another card: an `RTX 3090 Ti` is not priced as an `RTX 3090`.
_VARIANTS: Final = frozenset({"ti", "super", "laptop", "d", "max"})
_WORD: Final = re.compile(r"[a-z]+\d\w*|\d+gb|[a-z]+|\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A provider's price of one card, on demand.

    Attributes:
        gpu: words that a card's NVML name has, such as `A100 80GB`.
        usd_per_second: price of one card for one second.
        as_of: date of the price, as precise as it is known.
        source: where it was read.
    """

    provider: str
    gpu: str
    usd_per_second: Decimal
    as_of: str
    source: str


@cache
def listed() -> tuple[Listed, ...]:
    """Return all prices of the table."""
    text = files("telemetry.prices").joinpath("prices.csv").read_text(encoding="utf-8")
    return tuple(
        Listed(row["provider"], row["gpu"], Decimal(row["usd_per_second"]), row["as_of"], row["source"])
        for row in csv.DictReader(text.splitlines())
    )


#: Whose prices are listed.
PROVIDERS: Final = tuple(sorted({price.provider for price in listed()}))


def matching(name: str, models: Iterable[str]) -> str | None:
    """Return the model whose words a card's name all has, the most telling one of several; None without any.

    `NVIDIA A100-SXM4-80GB` is an `A100 80GB` rather than an `A100`, and an `L40S` is no `L4`.
    """
    words = _words(name)
    variant = words & _VARIANTS
    fitting = [model for model in models if variant <= _words(model) <= words and _words(model)]
    return max(fitting, key=lambda model: len(_words(model)), default=None)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))
