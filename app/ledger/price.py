"""Where the price of a device is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.jobs.job import nanousd
from app.ledger.entry import Price

if TYPE_CHECKING:
    from telemetry import TelemetrySettings


def flat_price(settings: TelemetrySettings) -> Price:
    """Return the one price that the settings give to every device."""
    variable = settings.variable("gpu_price_usd_per_second")
    source = variable if "gpu_price_usd_per_second" in settings.model_fields_set else "default"
    return Price(nanousd(settings.gpu_price_usd_per_second), source)
