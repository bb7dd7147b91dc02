"""The web application: its routes, its error shape, its lifespan."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from fastapi import FastAPI

from app import VERSION
from app.admission.rules import Rules
from app.billing.guarded import guarded
from app.billing.opening import provider_of
from app.billing.provider import Provider
from app.billing.watch import watching
from app.breakers import Breakers
from app.budgets.budget import of_settings
from app.budgets.gate import Gate
from app.budgets.refusals import count_from_zero as count_budget_refusals_from_zero
from app.budgets.routes import count_from_zero as count_budget_changes_from_zero
from app.budgets.routes import router as budgets_router
from app.budgets.series import budget_series
from app.database.away import is_away
from app.database.engine import open_async_database
from app.database.schema import check_schema
from app.database.watched import PAUSE, THRESHOLD
from app.docs.routes import router as docs_router
from app.edge.layers import dress, guard
from app.edge.uncached import Uncached
from app.edge.unfinished import Unfinished
from app.errors.handlers import add_handlers
from app.errors.problem import count_problems_from_zero
from app.errors.shapeless import ShapelessRequests
from app.events.feed import feeding
from app.events.routes import router as events_router
from app.generation.confined import Examiner, examining
from app.head import answering_head
from app.health.checks import Health, health_of
from app.health.components import components
from app.health.deep import DEEP_SECONDS, deep_checks
from app.health.routes import router as health_router
from app.housekeeping import in_one_process
from app.jobs.acceptance import AT_A_TIME
from app.jobs.files import is_storage_away
from app.jobs.guarded_queue import GuardedQueue
from app.jobs.queue import open_queue
from app.jobs.reconciler import reconciling
from app.jobs.routes import router as jobs_router
from app.jobs.series import service_series
from app.jobs.submission import count_from_zero
from app.jobs.sweeper import sweeping
from app.keys.announcing import listening
from app.keys.environment import migrate_key
from app.keys.metrics import may_read_metrics
from app.keys.ring import open_ring
from app.keys.routes import router as keys_router
from app.ledger.days import day_summaries
from app.ledger.past_price_routes import router as past_prices_router
from app.ledger.routes import router as usage_router
from app.ledger.series import ledger_series
from app.limits.enforcement import LimitHeaders
from app.limits.opening import limits_of
from app.links.routes import router as links_router
from app.links.signing import signer_of
from app.openapi import describe, operation_id
from app.quotes.desk import QuoteDesk
from app.quotes.routes import router as quotes_router
from app.redis import open_redis
from app.repeats.lookup import Repeats
from app.services import Services
from app.settings import Settings
from app.stopping import Stopping
from app.storage import files_of
from telemetry import catalog, instrument
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from telemetry import Telemetry

_log = get_logger(__name__)


def create_app(settings: Settings, telemetry: Telemetry, *, examiner: Examiner | None = None) -> FastAPI:
    """Return the API; it opens nothing before its lifespan begins. Without an examiner it has one of its own."""
    provider = provider_of(settings)
    app = FastAPI(
        title="Plainview reference service",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # it is one of the documentation pages, which may need a key
        # A redirect to an address made from the request's Host header would lead wherever a client is made to go.
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        lifespan=partial(_lifespan, settings=settings, telemetry=telemetry, provider=provider, examiner=examiner),
    )
    app.state.stopping = Stopping()
    for router in (
        jobs_router,
        links_router,
        events_router,
        quotes_router,
        usage_router,
        past_prices_router,
        budgets_router,
        keys_router,
        health_router,
        docs_router,
    ):
        app.include_router(answering_head(router))
    app.add_middleware(Unfinished, stopping=app.state.stopping)
    app.add_middleware(Uncached)
    app.add_middleware(LimitHeaders)
    app.add_middleware(ShapelessRequests, streamed={"/generate"})
    add_handlers(app)
    describe(app, settings.public_url)
    guard(app, settings)
    instrument(app, telemetry, may_read_metrics=partial(may_read_metrics, app))
    dress(app, settings)
    return app


@asynccontextmanager
async def _lifespan(
    app: FastAPI, *, settings: Settings, telemetry: Telemetry, provider: Provider | None, examiner: Examiner | None
) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        breakers = Breakers(telemetry)
        breaker = breakers.make("database", threshold=THRESHOLD, pause=PAUSE, counts=is_away)
        database = await stack.enter_async_context(
            open_async_database(settings.database, telemetry=telemetry, breaker=breaker)
        )
        await database.read(check_schema)
        redis = await stack.enter_async_context(open_redis(settings))
        limits = await limits_of(settings, redis, breakers, telemetry)
        examiner = examiner or stack.enter_context(examining())
        files = files_of(settings)
        storage = breakers.make("storage", threshold=THRESHOLD, pause=PAUSE, counts=is_storage_away)
        files.prepare()
        queue = GuardedQueue(
            stack.enter_context(open_queue(settings, telemetry)),
            breakers.make("queue", threshold=THRESHOLD, pause=PAUSE, counts=is_away),
        )
        attempts = telemetry.counter(catalog.AUTH_ATTEMPTS)
        if not settings.auth_required:
            _log.warning(
                catalog.Event.AUTH_SWITCHED_OFF, detail="PLAINVIEW_AUTH_REQUIRED=false: everyone is administrator"
            )
        await migrate_key(database, settings)
        keys = await stack.enter_async_context(open_ring(database, attempts, required=settings.auth_required))
        await stack.enter_async_context(listening(redis, keys))
        parts = components(settings, telemetry, database, queue, files, redis)
        parts |= {"breakers": breakers.check, **limits.checks}
        health = await stack.enter_async_context(health_of(parts, telemetry, app.state.stopping))
        gate = Gate(of_settings(settings), settings.zone)
        feed = await stack.enter_async_context(feeding(database, app.state.stopping))
        count_from_zero(telemetry)
        count_budget_changes_from_zero(telemetry)
        count_budget_refusals_from_zero()
        count_problems_from_zero()

        biller = None if provider is None else await guarded(provider, breakers, settings.bill_interval)

        async def keep_house(house: AsyncExitStack) -> None:
            await house.enter_async_context(service_series(database, settings, telemetry))
            await house.enter_async_context(ledger_series(database, settings, telemetry))
            await house.enter_async_context(day_summaries(database, settings))
            await house.enter_async_context(budget_series(database, gate, telemetry))
            await house.enter_async_context(watching(biller, settings.zone, settings.bill_interval, telemetry))
            await house.enter_async_context(reconciling(database, queue))
            await house.enter_async_context(sweeping(database, queue, files, settings.result_ttl))

        await stack.enter_async_context(in_one_process(settings.data, keep_house))
        quotes = QuoteDesk(database, telemetry.prices, Rules.of(settings))
        app.state.services = Services(
            settings=settings,
            telemetry=telemetry,
            database=database,
            queue=queue,
            keys=keys,
            files=files,
            storage=storage,
            health=health,
            quotes=quotes,
            redis=redis,
            repeats=Repeats(database, files, storage, telemetry),
            signer=signer_of(settings),
            examiner=examiner,
            examinations=CapacityLimiter(examiner.helpers),
            acceptances=CapacityLimiter(AT_A_TIME),
            breakers=breakers,
            budgets=gate,
            feed=feed,
            stopping=app.state.stopping,
            deep_health=Health(
                deep_checks(database, queue, files, redis), app.state.stopping, kept_seconds=DEEP_SECONDS
            ),
            limits=limits.limiter,
            failures=limits.failures,
        )
        yield
