"""The console's application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from stack.console import dashboards_api, runbooks_api, sign_in, static_files
from stack.console.backends import new_client
from stack.console.health import health_router
from stack.console.own_pages import OwnPages
from stack.console.problems import BadHost, NotFound, TooLarge, handle_problems
from stack.console.proxies import proxy_router
from stack.console.sessions import Sessions
from stack.console.settings import ConsoleSettings
from stack.console.state import State, signed_in
from stack.console.version import VERSION
from stack.native.tracestore import TraceStore
from telemetry import Telemetry, instrument
from telemetry.serving.around import around
from telemetry.serving.bodies import BoundedBodies
from telemetry.serving.headers import SecurityHeaders
from telemetry.serving.hosts import KnownHosts

_MOST_BYTES: Final = 2 * 1024 * 1024
# ECharts writes style attributes; data: images are what it saves charts as.
_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(settings: ConsoleSettings, telemetry: Telemetry, store: TraceStore | None = None) -> FastAPI:
    """Return the console; `store` is the trace store of the same process, where there is one."""
    urls = (settings.prometheus_url, settings.alertmanager_url, settings.jaeger_url, settings.notifier_url)
    client = new_client(str(url) for url in urls)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(
        title="Plainview console",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.console = State(settings, Sessions(settings.console_token.get_secret_value(), settings.session_life))
    handle_problems(app)
    app.add_middleware(OwnPages, public=urlsplit(str(settings.console_url)).netloc)
    app.add_middleware(BoundedBodies, most=_MOST_BYTES, refusal=_too_large)
    app.add_middleware(KnownHosts, names=_names(settings), refusal=_refusal)
    # Metrics only: were its requests traced, looking at traces would make traces. The entry point samples none.
    instrument(app, telemetry)
    around(app, partial(SecurityHeaders, policy=_POLICY, always_secure=settings.console_url.scheme == "https"))
    app.include_router(health_router(store))
    app.include_router(sign_in.router)
    app.include_router(_api(proxy_router(settings, client)))
    app.include_router(static_files.router)
    return app


def guarded(app: ASGIApp, settings: ConsoleSettings) -> ASGIApp:
    """Return `app`, which browsers have no business with, behind the same names and with the headers of all answers."""
    return SecurityHeaders(KnownHosts(app, _names(settings), _refusal))


def _too_large(most: int) -> ASGIApp:
    return TooLarge(f"the body is longer than {most} bytes").response()


def _names(settings: ConsoleSettings) -> set[str]:
    own = (settings.console_host, settings.tracestore_host, settings.console_url.host or "", *settings.console_hosts)
    return {name for name in own if name}


def _refusal(host: str) -> ASGIApp:
    return BadHost(f"the Host header is {host!r}: add the name to PLAINVIEW_CONSOLE_HOSTS to allow it").response()


def _api(proxies: APIRouter) -> APIRouter:
    """Return everything under `/api` that needs a session."""
    api = APIRouter(prefix="/api", dependencies=[Depends(signed_in)])
    api.include_router(proxies)
    api.include_router(dashboards_api.router)
    api.include_router(runbooks_api.router)

    @api.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def unknown(path: str) -> None:
        raise NotFound(f"there is no /api/{path}")

    return api
