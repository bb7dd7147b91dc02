"""What the routes work with: opened by the lifespan, found on the app by the dependency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from anyio import CapacityLimiter
from fastapi import Depends, Request

from app.breakers import Breaker, Breakers
from app.budgets.gate import Gate
from app.database.engine import AsyncDatabase
from app.generation.confined import Examiner
from app.jobs.files import JobFiles
from app.jobs.guarded_queue import GuardedQueue
from app.keys.ring import KeyRing
from app.limits.failures import Failures
from app.limits.limiter import Limiter
from app.links.signing import Signer
from app.quotes.desk import QuoteDesk
from app.repeats.lookup import Repeats
from app.settings import Settings
from app.stopping import Stopping

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from app.events.feed import Feed
    from app.health.checks import Health
    from telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The open parts of one app; they live as long as its lifespan."""

    settings: Settings
    telemetry: Telemetry
    database: AsyncDatabase
    queue: GuardedQueue
    keys: KeyRing
    files: JobFiles
    #: Around what `files` asks of others.
    storage: Breaker
    health: Health
    quotes: QuoteDesk
    #: Shared by all nodes; None without one. It may be away at any time: whoever uses it goes on without it.
    redis: Redis | None
    repeats: Repeats
    signer: Signer
    examiner: Examiner
    #: As many examinations at a time as there are helpers for.
    examinations: CapacityLimiter
    #: How many jobs are accepted at a time: one waits for the other's locks anyway, and would hold a connection meanwhile.
    acceptances: CapacityLimiter
    breakers: Breakers
    budgets: Gate
    feed: Feed
    stopping: Stopping
    deep_health: Health
    limits: Limiter
    failures: Failures


def services_of(request: Request) -> Services:
    """Return the services of the app that answers this request."""
    return cast("Services", request.app.state.services)


CurrentServices = Annotated[Services, Depends(services_of)]
