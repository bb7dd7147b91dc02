"""What a round has shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass
class Told:
    """Who was killed when, and what became of what had been taken.

    Attributes:
        at: seconds after the beginning of the work.
        recovered: seconds from the kill until everything that was taken had come to its end.
        taken: jobs, alerts or spans.
        again: calls that were cut off and made again.
        wrong: one sentence for each thing that is not as it must be.
    """

    victim: str
    killed: str
    at: float
    recovered: float
    taken: int
    again: int
    answers: Counter[str]
    wrong: list[str]

    def __str__(self) -> str:
        answers = ", ".join(f"{count} {name}" for name, count in sorted(self.answers.items()))
        wrong = "; ".join(self.wrong) or "nothing wrong"
        return (
            f"{self.killed:11} after {self.at:.1f} s: {self.taken:4} taken, all well {self.recovered:4.1f} s later; "
            f"{self.again} cut off, {answers}; {wrong}"
        )
