"""Headers, origins and names, on the real app."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.application import create_app
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import client_of

PAGE = "https://app.example.com"
ON_EVERY_ANSWER = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/live", 200),
        ("GET", "/metrics", 200),
        ("GET", "/docs", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/jobs", 401),
        ("GET", "/nothing", 404),
        ("PUT", "/health", 405),
        ("POST", "/generate", 401),
    ],
)
async def test_every_answer_tells_browsers_what_they_may_do(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert ON_EVERY_ANSWER.items() <= dict(answer.headers).items()
    policies = answer.headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policies[0]
    assert ("style-src 'self'" in policies[0]) is (path == "/docs")
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


@pytest.fixture
def failing(api: FastAPI) -> FastAPI:
    @api.get("/fails")
    async def fails() -> None:
        raise RuntimeError("an internal detail")

    return api


async def test_answer_to_an_unforeseen_error_has_them_too(failing: FastAPI) -> None:
    async with client_of(failing) as client:
        answer = await client.get("/fails")
    assert answer.status_code == 500
    assert ON_EVERY_ANSWER.items() <= dict(answer.headers).items()
    assert "internal detail" not in answer.text


async def test_https_is_asked_for_for_a_year_where_it_is_spoken(
    api: FastAPI, settings: Settings, telemetry: Telemetry
) -> None:
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        assert (await client.get("/health/live")).headers["strict-transport-security"] == "max-age=31536000"


async def test_public_https_address_says_so_though_the_proxy_does_not(settings: Settings, telemetry: Telemetry) -> None:
    public = settings.model_copy(update={"public_url": "https://video.example.com", "allowed_hosts": ()})
    async with client_of(create_app(public, telemetry)) as client:
        answer = await client.get("/docs", headers={"host": "video.example.com"})
        assert (answer.status_code, answer.headers["strict-transport-security"]) == (200, "max-age=31536000")
        assert (await client.get("/docs")).status_code == 421  # as http://test


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "test@evil.example", ""])
async def test_unknown_name_is_refused_before_the_key_is_looked_at(
    client: httpx.AsyncClient, admin: dict[str, str], host: str
) -> None:
    answer = await client.get("/jobs", headers={**admin, "host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "host_unknown")
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:1", "[::1]:8000", "10.1.2.3", "test"])
async def test_addresses_and_named_hosts_are_answered(
    client: httpx.AsyncClient, admin: dict[str, str], host: str
) -> None:
    assert (await client.get("/jobs", headers={**admin, "host": host})).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/ready", "/metrics"])
async def test_probes_and_scrapes_come_under_any_name(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers={"host": "api:8000"})).status_code == 200


async def test_no_origin_may_call_unless_one_is_named(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    answer = await client.get("/jobs", headers={**admin, "origin": PAGE})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.fixture
async def shared(settings: Settings, telemetry: Telemetry) -> object:
    """A client of a service that one other origin may call."""
    chosen = settings.model_copy(update={"cors_origins": (PAGE,)})
    async with client_of(create_app(chosen, telemetry)) as client:
        yield client


async def test_named_origin_may_call_and_read_what_it_needs(shared: httpx.AsyncClient, admin: dict[str, str]) -> None:
    preflight = await shared.options(
        "/generate",
        headers={
            "origin": PAGE,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, content-type, idempotency-key",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    answer = await shared.get("/jobs", headers={**admin, "origin": PAGE})
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["vary"] == "Origin"
    exposed = answer.headers["access-control-expose-headers"]
    assert all(name in exposed for name in ("X-Request-ID", "X-RateLimit-Remaining", "Retry-After", "X-Cache"))
    assert "access-control-allow-credentials" not in answer.headers
    refused = await shared.get("/jobs", headers={"origin": PAGE})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, PAGE)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{PAGE}.evil.example", "http://app.example.com", f"{PAGE}:444", "null"]
)
async def test_other_origin_is_refused(shared: httpx.AsyncClient, admin: dict[str, str], origin: str) -> None:
    asked = {"origin": origin, "access-control-request-method": "GET"}
    preflight = await shared.options("/jobs", headers=asked)
    assert (preflight.status_code, preflight.headers.get("access-control-allow-origin")) == (400, None)
    answer = await shared.get("/jobs", headers={**admin, "origin": origin})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("CORS_ORIGINS", "*", "such as https://example.com"),
        ("CORS_ORIGINS", "https://*.example.com", "such as https://example.com"),
        ("CORS_ORIGINS", "https://example.com/", "such as https://example.com"),
        ("CORS_ORIGINS", "null", "such as https://example.com"),
        ("ALLOWED_HOSTS", "*", "without scheme, port or wildcard"),
        ("ALLOWED_HOSTS", "https://example.com", "without scheme, port or wildcard"),
        ("TRUSTED_PROXIES", "*", "an address or a network"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "an address or a network"),
        ("PUBLIC_URL", "video.example.com", "should be http://HOST or https://HOST"),
    ],
)
def test_wrong_address_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(f"PLAINVIEW_{variable}", value)
    with pytest.raises(ValueError, match=f"PLAINVIEW_{variable}=.*is not allowed: .*{allowed}"):
        Settings.read()


@pytest.mark.parametrize("path", ["/quote", "/keys"])
async def test_long_body_is_refused_by_its_length_and_without_one(
    client: httpx.AsyncClient, admin: dict[str, str], path: str
) -> None:
    headers = {**admin, "content-type": "application/json"}
    announced = await client.post(path, content=bytes(70_000), headers=headers)
    assert (announced.status_code, announced.json()["code"]) == (413, "body_too_large")

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(10_000)

    streamed = await client.post(path, content=endless(), headers=headers)
    assert (streamed.status_code, streamed.json()["code"]) == (413, "body_too_large")
