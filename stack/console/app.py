"""The console's application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI

from stack.console import dashboards_api, runbooks_api, sign_in, static_files
from stack.console.backends import new_client
from stack.console.health import health_router
from stack.console.hosts import KnownHosts
from stack.console.problems import NotFound, handle_problems
from stack.console.proxies import proxy_router
from stack.console.security_headers import SecurityHeaders
from stack.console.sessions import Sessions
from stack.console.settings import ConsoleSettings
from stack.console.state import State, signed_in
from stack.console.version import VERSION
from stack.native.tracestore import TraceStore
from telemetry import Telemetry, instrument


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
    # Metrics only: were its requests traced, looking at traces would make traces. The entry point samples none.
    instrument(app, telemetry)
    app.add_middleware(KnownHosts, names=known_names(settings))
    app.add_middleware(SecurityHeaders)
    app.include_router(health_router(store))
    app.include_router(sign_in.router)
    app.include_router(_api(proxy_router(settings, client)))
    app.include_router(static_files.router)
    return app


def known_names(settings: ConsoleSettings) -> frozenset[str]:
    """Return the host names that this process answers to besides addresses and localhost."""
    own = (settings.console_host, settings.console_url.host or "", *settings.console_hosts)
    return frozenset(name for name in own if name)


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
