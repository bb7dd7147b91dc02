"""No route is open by accident: each is asked without a key."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from prometheus_client import CollectorRegistry

from app.application import create_app
from app.keys.key import Facts
from app.keys.scopes import Scope
from app.keys.store import add_key
from app.settings import Settings
from telemetry import Telemetry, TelemetrySettings, start
from tests.app.conftest import bearer, client_of

TOKEN = "a-token-that-is-long-enough"
#: Who asks these needs no key: machines that look whether the service is up.
PROBES = {"/health", "/health/live", "/health/ready", "/health/startup", "/ready"}
#: What carries a signature of its own instead of a key.
SIGNED = {"/links/{job_id}"}
DOCS = {"/docs", "/docs/errors", "/docs/style.css", "/openapi.json"}


@pytest.fixture
def closed() -> Iterator[Telemetry]:
    configured = TelemetrySettings(gpu="off", service_name="test", metrics_token=TOKEN)
    with start(configured, registry=CollectorRegistry()) as telemetry:
        yield telemetry


@pytest.fixture
def app(settings: Settings, closed: Telemetry) -> FastAPI:
    return create_app(settings.model_copy(update={"docs_public": False}), closed)


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


def addresses(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or ()):
            yield method, str(route.path_format)


async def test_every_route_but_the_probes_needs_a_key(app: FastAPI, stranger: httpx.AsyncClient) -> None:
    asked = list(addresses(app))
    assert len(asked) > 20
    for method, path in asked:
        answer = await stranger.request(method, re.sub(r"\{\w+\}", "0" * 32, path))
        if path in PROBES | SIGNED:
            assert answer.status_code != 401, (method, path)
        else:
            assert answer.status_code == 401, f"{method} {path} is open: give it a key (app.keys.authentication)"
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_every_route_but_the_documentation_asks_for_a_scope(app: FastAPI) -> None:
    """A key with few scopes is of no use where a route forgets to ask for one."""
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path not in PROBES | SIGNED:
                (needed,) = (scopes for security in operation["security"] for scopes in security.values())
                assert set(needed) <= set(Scope), (method, path)
                assert len(needed) == 1, f"{method} {path} asks for no scope: take JobsReader or another in its place"


async def test_any_key_opens_the_documentation(stranger: httpx.AsyncClient, settings: Settings) -> None:
    _, secret = await asyncio.to_thread(add_key, settings, Facts(customer="acme", scopes=frozenset()))
    for path in DOCS:
        assert (await stranger.get(path, headers=bearer(secret.text))).status_code == 200, path


async def test_metrics_open_by_the_token_or_by_a_key_with_the_scope(
    stranger: httpx.AsyncClient, settings: Settings, closed: Telemetry
) -> None:
    scraper, without = [
        bearer((await asyncio.to_thread(add_key, settings, Facts(customer="prometheus", scopes=scopes)))[1].text)
        for scopes in (frozenset({Scope.METRICS_READ}), frozenset({Scope.JOBS_READ}))
    ]
    for headers, status in (
        ({}, 401),
        (bearer("wrong"), 401),
        (bearer("a-key-of-no-service-that-is-long-enough"), 401),
        (without, 401),
        (bearer(TOKEN), 200),
        (scraper, 200),
    ):
        assert (await stranger.get("/metrics", headers=headers)).status_code == status, headers
    refused = {reason: closed.registry.get_sample_value("telemetry_scrapes_refused_total", {"reason": reason})
               for reason in ("missing", "wrong")}  # fmt: skip
    assert refused == {"missing": 1, "wrong": 3}
    assert (await stranger.get("/jobs", headers=scraper)).json()["code"] == "scope_required"


async def test_metrics_and_documentation_are_open_unless_the_settings_say_otherwise(client: httpx.AsyncClient) -> None:
    for path in (*DOCS, "/metrics"):
        assert (await client.get(path)).status_code == 200, path
