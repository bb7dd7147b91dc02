"""What an operator says about the queue: its bounds and the weight of each tier."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds of the queue, and weights of its customers.

    Attributes:
        max_wait: seconds that the last job in the queue may be expected to wait.
        max_jobs: jobs that may wait, however short.
    """

    max_wait: float
    max_jobs: int
    standard: float = 1.0
    premium: float = 4.0

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """Return the rules that the settings state."""
        return cls(
            settings.queue_max_wait.total_seconds(),
            settings.queue_max_jobs,
            settings.queue_weight_standard,
            settings.queue_weight_premium,
        )

    def weight(self, tier: str) -> float:
        """Return the weight of a tier; one that has none of its own counts as standard."""
        return self.premium if tier == "premium" else self.standard
