"""How fast the queue moves, measured by the jobs that ended last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.quotes.history import History
from app.quotes.quote import typical

# Until the first job has ended, all jobs are taken for alike, and for this long.
_UNKNOWN_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Workers, device seconds of a typical job, and seconds that a worker spends on a job besides."""

    workers: int
    typical_seconds: float
    other_seconds: float

    @property
    def jobs_per_second(self) -> float:
        """How many typical jobs the workers end in a second."""
        return self.workers / max(self.typical_seconds + self.other_seconds, 0.001)


def pace_of(history: History) -> Pace:
    """Return the pace that the last hundred jobs show; while no worker is there, that of the one that is to come."""
    seconds = typical(history)
    return Pace(
        history.crew.workers if history.crew else 1,
        _UNKNOWN_SECONDS if seconds is None else seconds,
        history.other_seconds,
    )
