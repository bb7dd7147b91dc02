"""Lets a job into the queue, or says why not. Within the transaction that accepts it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from app.admission import rows
from app.admission.pace import Pace
from app.admission.room import Load, Refusal, refusal
from app.admission.rows import Held
from app.admission.rules import Rules
from app.admission.turns import Turn, next_turn, turn_length
from app.database.locks import hold
from app.errors import Code, ServiceError

#: Why a job is not let into the queue.
REFUSALS: Final = (Code.QUEUE_FULL, Code.CUSTOMER_QUEUE_FULL)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks, and for how many device seconds; None where nobody can say yet."""

    customer: str
    tier: str
    seconds: float | None


def admit(connection: Connection, who: Applicant, pace: Pace, rules: Rules) -> Turn:
    """Return the turn of a job that is let in; raises `ServiceError` when there is no room for it.

    From here to the transaction's end nobody else is let in, on no node: the bounds hold exactly.
    """
    hold(connection, "admission")
    holders = rows.held(connection, pace)
    if not holders:
        rows.begin_anew(connection)
    refused = no_room(holders, who, pace, rules)
    if refused is not None:
        raise _error(refused)
    return turn_of(connection, who, pace, rules)


def turn_of(connection: Connection, who: Applicant, pace: Pace, rules: Rules) -> Turn:
    """Return the turn that the job would have."""
    clock = rows.clock(connection)
    seconds = pace.typical_seconds if who.seconds is None else who.seconds
    length = turn_length(seconds, rules.weight(who.tier))
    return next_turn(clock, rows.taken(connection, who.customer, clock), length)


def no_room(holders: Iterable[Held], who: Applicant, pace: Pace, rules: Rules) -> Refusal | None:
    """Return why the job is not let in, the reason that lasts longest; None when it is."""
    weights: defaultdict[str, float] = defaultdict(float, {who.customer: rules.weight(who.tier)})
    queued, own_queued, seconds, own_seconds = 0, 0, 0.0, 0.0
    for each in holders:
        weights[each.customer] = max(weights[each.customer], rules.weight(each.tier))
        queued += each.queued
        seconds += each.seconds
        if each.customer == who.customer:
            own_queued += each.queued
            own_seconds += each.seconds
    part = weights[who.customer] / sum(weights.values())
    loads = (
        Load(queued, own_queued, rules.max_jobs, pace.jobs_per_second),
        Load(seconds / pace.workers, own_seconds / pace.workers, rules.max_wait, 1.0),
    )
    refusals = [found for load in loads if (found := refusal(load, part)) is not None]
    if not refusals:
        return None
    longest = max(refusals, key=lambda refused: refused.seconds)
    # What is too much has gone by then; for a job to come in, one more has to go.
    return replace(longest, seconds=longest.seconds + 1 / pace.jobs_per_second)


def _error(refused: Refusal) -> ServiceError:
    said = {
        Code.QUEUE_FULL: "The queue is full.",
        Code.CUSTOMER_QUEUE_FULL: "The queue is full, and your jobs in it are your share of it or more.",
    }
    return ServiceError(
        refused.code,
        f"{said[refused.code]} There should be room in {refused.retry_after} s.",
        context={"retry_after_seconds": refused.retry_after},
        headers={"Retry-After": str(refused.retry_after)},
    )
