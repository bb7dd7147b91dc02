"""The notifier's application: its parts opened and closed by one lifespan."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from telemetry import Telemetry, instrument
from telemetry.serving.around import around
from telemetry.serving.headers import SecurityHeaders
from telemetry.serving.hosts import KnownHosts

from .backoff import DeliveryPolicy
from .deliveries import delivering
from .errors import WrongHost
from .intake import Intake
from .message import compose
from .metrics import NotifierMetrics
from .outbox import open_outbox
from .problems import answer_problems, refusal
from .routes import Parts, router
from .settings import NotifierSettings
from .targets import parse, quiet_libraries
from .watchdog import Watchdog, watching


def create_app(
    settings: NotifierSettings,
    telemetry: Telemetry,
    *,
    thresholds: Mapping[str, float] = MappingProxyType({}),
    policy: DeliveryPolicy = DeliveryPolicy(),  # noqa: B008  # frozen
) -> FastAPI:
    """Return the notifier.

    Raises:
        WrongTarget: an entry of PLAINVIEW_NOTIFY_URLS cannot be used.
    """
    quiet_libraries()
    targets = parse(settings.notify_urls.get_secret_value(), send_timeout=policy.send_timeout, console=settings.console)
    recipients = [target.recipient for target in targets]
    metrics = NotifierMetrics.of(telemetry)
    metrics.announce(recipients, thresholds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        with ExitStack() as stack:
            outbox = stack.enter_context(open_outbox(settings.database))
            outbox.adopt(recipients, time.time())
            outbox.prune(time.time())
            metrics.pending.set(outbox.pending())
            words = partial(compose, console=settings.console)
            loops = stack.enter_context(delivering(targets, outbox, metrics, words, policy))
            intake = Intake(outbox, metrics, recipients, loops)
            silence = settings.watchdog_silence
            watchdog = Watchdog(outbox, metrics, silence, intake.tell)
            if silence:
                stack.enter_context(watching(watchdog, min(silence / 10, timedelta(seconds=15))))
            token = settings.notifier_token.get_secret_value() if settings.notifier_token else None
            yield {"parts": Parts(outbox, intake, watchdog, recipients, loops, token or None)}

    app = FastAPI(title="Plainview notifier", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(router)
    answer_problems(app)
    if settings.notifier_token is None:
        # Then whoever reaches the port may post, and a web page that has its own name point here is not to be one.
        app.add_middleware(KnownHosts, names=[settings.notifier_host], refusal=_refusal)
    instrument(app, telemetry)
    around(app, SecurityHeaders)
    return app


def _refusal(host: str) -> ASGIApp:
    return refusal(WrongHost(f"The Host header is {host!r}; set PLAINVIEW_NOTIFIER_TOKEN to be reached by name."))
