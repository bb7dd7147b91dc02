"""The price of a device, by what the settings say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING

from telemetry.prices._listed import PROVIDERS, listed, matching

if TYPE_CHECKING:
    from telemetry.gpu._device import Device


@dataclass(frozen=True, slots=True)
class Price:
    """What a second of a device costs.

    Attributes:
        usd_per_second: None where it is not known.
        source: where the price is from, in a few words.
    """

    usd_per_second: Decimal | None
    source: str


class Prices:
    """Knows the price of every device; lives as long as the process.

    Args:
        flat: price of a device that nothing else prices, and of those that stand in for a card; None for a card
            makes its price unknown.
        stand_in: price of a CPU that stands in and of a simulated card.
        chosen: `MODEL=USD per second`, and names of providers whose lists are used, the first that fits first.

    Raises:
        ValueError: an entry of `chosen` is neither.
    """

    def __init__(self, flat: Decimal | None, stand_in: Decimal, chosen: Sequence[str]) -> None:
        self._flat = flat
        self._stand_in = stand_in
        self._lists = tuple(_list(entry) for entry in chosen)

    def of(self, device: "Device") -> Price:
        """Return the price of a device."""
        if device.kind != "gpu":
            return Price(self._stand_in, f"flat price of a GPU; the device is {device.kind}")
        for prices in self._lists:
            if (model := matching(device.name, prices)) is not None:
                return prices[model]
        if self._flat is None:
            return Price(None, f"no price for {device.name}")
        return Price(self._flat, "flat price")


def _list(entry: str) -> Mapping[str, Price]:
    name, equals, amount = entry.partition("=")
    if not equals:
        if name not in PROVIDERS:
            raise ValueError(f"{name!r} is no provider: write MODEL=USD_PER_SECOND or one of {', '.join(PROVIDERS)}")
        prices = [price for price in listed() if price.provider == name]
        return MappingProxyType(
            {price.gpu: Price(price.usd_per_second, f"{price.provider}, {price.as_of}") for price in prices}
        )
    try:
        usd = Decimal(amount.strip())
    except InvalidOperation:
        usd = Decimal(-1)
    if not name.strip() or not usd.is_finite() or usd < 0:
        raise ValueError(f"{entry!r} is no price: write MODEL=USD_PER_SECOND, such as H100=0.00116")
    return MappingProxyType({name.strip(): Price(usd, f"{name.strip()}={usd} in PLAINVIEW_GPU_PRICES")})
