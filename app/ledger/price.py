"""The price of a device as the ledger keeps it: in whole nano-dollars a second."""

from __future__ import annotations

from app.jobs.job import nanousd
from app.ledger.entry import Price
from telemetry import prices


def price_of(found: prices.Price) -> Price:
    """Return a price that telemetry knows, or does not know, for the ledger."""
    return Price(None if found.usd_per_second is None else nanousd(found.usd_per_second), found.source[:100])
