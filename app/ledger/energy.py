"""Energy of work: what it costs and emits by the operator's figures, shown beside the cost of devices, never in it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

JOULES_PER_KWH: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a kilowatt hour costs and emits; None is not set, and then nothing says what energy costs or emits."""

    usd_per_kwh: Decimal | None = None
    grams_per_kwh: Decimal | None = None

    def figures(self, joules: float | None) -> dict[str, float | None]:
        """Return `energy_cost_usd` and `co2_grams`, each only where it is set; None where the energy is not known."""
        rates = {"energy_cost_usd": self.usd_per_kwh, "co2_grams": self.grams_per_kwh}
        return {
            name: None if joules is None else joules * float(rate) / JOULES_PER_KWH
            for name, rate in rates.items()
            if rate is not None
        }
