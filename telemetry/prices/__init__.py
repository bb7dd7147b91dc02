"""What a second of a device costs: one flat price, a provider's list, or prices by model."""

from telemetry.prices._choice import Price, Prices
from telemetry.prices._listed import PROVIDERS, Listed, listed

__all__ = ["PROVIDERS", "Listed", "Price", "Prices", "listed"]
