"""A queue and its workers in simulated time; turns and their order are the service's own."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.admission.order import priority
from app.admission.turns import SECOND, Turn, next_turn, turn_length


@dataclass(frozen=True, slots=True)
class Submit:
    """A job as its customer sends it; `gives_up` is when it cancels, if the job has not begun by then."""

    at: float
    customer: str
    seconds: float
    weight: float = 1.0
    gives_up: float | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """A job that ran."""

    submit: Submit
    began: float
    turn: Turn

    @property
    def waited(self) -> float:
        return self.began - self.submit.at


class Queue(Protocol):
    """Jobs that wait, in some order."""

    def add(self, submit: Submit) -> None: ...

    def drop_given_up(self, now: float) -> None: ...

    def take(self, *, idle: bool) -> tuple[Submit, Turn] | None:
        """Start the next job; `idle` where no worker has one."""

    def ended(self, submit: Submit) -> None: ...


class Line:
    """Jobs that wait in memory, in the order of their turns or as they came."""

    def __init__(self, *, fair: bool = True) -> None:
        self._fair = fair
        self._clock = 0
        self._turns: dict[str, set[Turn]] = {}
        self._waiting: list[tuple[int, int, Submit, Turn]] = []
        self._came = 0

    def add(self, submit: Submit) -> None:
        mine = self._turns.setdefault(submit.customer, set())
        turn = next_turn(self._clock, mine, turn_length(submit.seconds, submit.weight))
        mine.add(turn)
        self._came += 1
        place = priority(turn.begin) if self._fair else 0
        heapq.heappush(self._waiting, (place or 0, self._came, submit, turn))

    def drop_given_up(self, now: float) -> None:
        gone = [each for each in self._waiting if each[2].gives_up is not None and each[2].gives_up <= now]
        for each in gone:
            self._waiting.remove(each)
            self._turns[each[2].customer].remove(each[3])
        heapq.heapify(self._waiting)

    def ended(self, submit: Submit) -> None:
        """Nothing comes of it: what a job used counts once it has begun."""

    def take(self, *, idle: bool) -> tuple[Submit, Turn] | None:
        if not self._waiting:
            if idle:
                self._clock = max([self._clock, *(turn.end for mine in self._turns.values() for turn in mine)])
            return None
        _, _, submit, turn = heapq.heappop(self._waiting)
        self._clock = max(self._clock, turn.begin)
        return submit, turn


def simulate(submits: Sequence[Submit], workers: int = 1, line: Queue | None = None) -> list[Ran]:
    """Return the jobs in the order in which they began."""
    line = Line() if line is None else line
    ran, busy = list[Ran](), list[tuple[float, Submit]]()
    coming = sorted(submits, key=lambda each: each.at)
    now = 0.0
    while True:
        while coming and coming[0].at <= now:
            line.add(coming.pop(0))
        line.drop_given_up(now)
        for over in [each for each in busy if each[0] <= now]:
            busy.remove(over)
            line.ended(over[1])
        while len(busy) < workers and (taken := line.take(idle=not busy)) is not None:
            submit, turn = taken
            ran.append(Ran(submit, now, turn))
            busy.append((now + submit.seconds, submit))
        events = [*(until for until, _ in busy), *(each.at for each in coming[:1])]
        if not events:
            return ran
        now = min(events)


def started(ran: Sequence[Ran], customer: str, since: float, until: float) -> float:
    """Return the seconds over weight of the customer's jobs that began in an interval."""
    mine = (each for each in ran if each.submit.customer == customer and since <= each.began < until)
    return sum(each.submit.seconds / each.submit.weight for each in mine)


def longest(ran: Sequence[Ran], customer: str) -> float:
    """Return the longest turn of a customer in seconds."""
    return max(
        ((each.turn.end - each.turn.begin) / SECOND for each in ran if each.submit.customer == customer), default=0.0
    )


def waits(ran: Sequence[Ran], which: Callable[[Submit], bool]) -> list[float]:
    """Return how long these jobs waited."""
    return [each.waited for each in ran if which(each.submit)]
