"""The service with limits, and clients of it at addresses of their own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from app.settings import Settings

STRANGER = "203.0.113.7"
Client = Callable[[str], httpx.AsyncClient]


@pytest.fixture
def table() -> dict[str, object]:
    """What a test changes of the limits."""
    return {}


@pytest.fixture
def settings(settings: Settings, table: dict[str, object]) -> Settings:
    return settings.model_copy(update={"rate_limits": json.dumps(table)})


@pytest.fixture
async def client_at(api: FastAPI) -> AsyncIterator[Client]:
    """Return a client at an address, by the address."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(api.router.lifespan_context(api))

        def at(address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(api, raise_app_exceptions=False, client=(address, 1234))
            client = httpx.AsyncClient(transport=transport, base_url="http://test")
            stack.push_async_callback(client.aclose)
            return client

        yield at


@pytest.fixture
async def client(client_at: Client) -> httpx.AsyncClient:
    """A client that is not on this host."""
    return client_at(STRANGER)
