"""The one transaction in which a submit becomes a job: all that may refuse it or answer it otherwise, then its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection

from app.admission.admit import Applicant, admit
from app.admission.order import before
from app.admission.pace import pace_of
from app.admission.rules import Rules
from app.database.locks import hold
from app.jobs import rows
from app.jobs.job import State
from app.jobs.rows import NewJob
from app.quotes import history
from app.quotes.history import History
from app.quotes.quote import end_in
from app.repeats import generations, idempotency
from app.repeats.generations import Scope
from app.repeats.wishes import Wishes

#: Acceptances of one process at a time: one that writes, and one that is ready when it has.
AT_A_TIME: Final = 2
#: What became of the look for an identical generation.
Sharing = Literal["hit", "joined", "miss", "bypass", "off"]
#: Raises `ServiceError` where budget or queue do not allow the job.
Check = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a submit is accepted.

    Attributes:
        contents: digest of what was sent.
        inputs: digest of what makes the video what it is.
        kept: how long results are kept.
        quote: what it should take, but for its place and end, which its turn in the queue says.
        known: what the queue's pace is known from.
        stored: whether a stored result may be handed out.
    """

    wishes: Wishes
    contents: str
    inputs: str
    scope: Scope
    kept: timedelta
    quote: dict[str, Any]
    known: History
    rules: Rules
    stored: bool = True

    @property
    def may_look(self) -> bool:
        """Whether an identical job will do."""
        return self.scope != "off" and self.wishes.may_be_shared

    def whose(self, customer: str) -> str | None:
        """Return whose jobs are looked through for `customer`, None for everybody's."""
        return customer if self.scope == "customer" else None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the submit is answered: the job, its place and turn where it waits in the queue, and what it should take."""

    job_id: str
    state: State
    sharing: Sharing
    trace_id: str | None
    place: int | None = None
    turn: int | None = None
    quote: dict[str, Any] | None = None
    repeated: bool = False

    @classmethod
    def recalled(cls, answer: Mapping[str, Any]) -> Accepted:
        """Return what an earlier submit was answered, by a later version perhaps, which says more."""
        known = {field.name: answer[field.name] for field in fields(cls) if field.name in answer}
        return cls(**known | {"state": State(answer["state"]), "repeated": True})


def accept(connection: Connection, new: NewJob, terms: Terms, check: Check) -> Accepted:
    """Return the job that this submit is: a new one, or the one that an earlier submit of its name made.

    Args:
        connection: in a transaction of its own.
        new: the job, if it is a new one.
        terms: what else may answer the submit.
        check: asked only about what is generated anew; raises why it may not be.

    Raises:
        ServiceError: it is refused; nothing is left of it.
    """
    key = terms.wishes.idempotency_key
    if key is None:
        return _accept_once(connection, new, terms, check)
    hold(connection, f"idempotency {new.customer} {key}")
    answer = idempotency.answered(connection, new.customer, key, terms.contents)
    if answer is not None:
        return Accepted.recalled(answer)
    accepted = _accept_once(connection, new, terms, check)
    idempotency.remember(connection, new.customer, key, terms.contents, asdict(accepted))
    return accepted


def _accept_once(connection: Connection, new: NewJob, terms: Terms, check: Check) -> Accepted:
    may_share = terms.scope != "off" and terms.wishes.may_share
    known = replace(new, input_digest=terms.inputs if may_share else None)
    if terms.may_look:
        shared = _share(connection, known, terms)
        if shared is not None:
            return shared
    check(connection)
    sharing: Sharing = "miss" if terms.may_look else "off" if terms.scope == "off" else "bypass"
    return _queue(connection, known, terms, sharing)


def _queue(connection: Connection, new: NewJob, terms: Terms, sharing: Sharing) -> Accepted:
    who = Applicant(new.customer, new.tier, new.quoted_gpu_seconds)
    turn = admit(connection, who, pace_of(terms.known), terms.rules)
    end = None
    if new.quoted_gpu_seconds is not None:
        end = end_in(new.quoted_gpu_seconds, terms.known, history.ahead(connection, before(turn.begin)))
    place = rows.add(connection, replace(new, turn=turn.begin, turn_end=turn.end, quoted_end_seconds=end))
    quote = terms.quote | {"queue_position": place, "eta_seconds": None if end is None else round(end, 1)}
    return Accepted(new.id, State.QUEUED, sharing, new.trace_id, place, turn.begin, quote)


def _share(connection: Connection, new: NewJob, terms: Terms) -> Accepted | None:
    customer = terms.whose(new.customer)
    hold(connection, f"generation {customer} {terms.inputs}")
    leader = generations.in_flight(connection, terms.inputs, customer, new.tier)
    if leader is not None:
        rows.add_joined(connection, new, leader)
        return Accepted(new.id, State.JOINED, "joined", new.trace_id)
    origin = generations.finished(connection, terms.inputs, customer, terms.kept) if terms.stored else None
    if origin is not None:
        rows.add_finished(connection, new, origin.id, generations.outcome(origin))
        return Accepted(new.id, State.SUCCEEDED, "hit", new.trace_id)
    return None
