"""A real notifier and real receivers for the tests of this folder."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from aiosmtpd.controller import Controller
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from alerts.notifier.app import create_app
from alerts.notifier.backoff import DeliveryPolicy
from alerts.notifier.settings import NotifierSettings
from telemetry import TelemetrySettings, start
from tests.alerts.notifier.receivers import Hook, Mailbox, hook_on

TOKEN = "a-token-for-tests"
QUICK = DeliveryPolicy(
    first_pause=timedelta(milliseconds=50), longest_pause=timedelta(milliseconds=200), send_timeout=timedelta(seconds=5)
)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hook_on() as receiver:
        yield receiver


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    """Serve `app` on a free port from a thread; yield its address once it answers."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            # The listener takes the connection before the lifespan has run, so the answer is what tells.
            httpx.get(f"{address}/health/ready", trust_env=False, timeout=30).raise_for_status()
            yield address
        finally:
            server.should_exit = True
            thread.join()


class Running:
    """A notifier that runs in this process, its client and its registry."""

    def __init__(self, client: httpx.Client, registry: CollectorRegistry) -> None:
        self.client, self.registry = client, registry

    def post(self, body: Any, token: str | None = TOKEN) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.client.post("/alertmanager", content=json.dumps(body), headers=headers)

    def deliveries(self) -> list[dict[str, Any]]:
        answer = self.client.get("/deliveries", headers={"Authorization": f"Bearer {TOKEN}"})
        rows: list[dict[str, Any]] = answer.json()["deliveries"]
        return rows

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "notifier.db"


@pytest.fixture
def notifier(database: Path) -> Iterator[Callable[..., Running]]:
    """Start notifiers on the same outbox, each with `urls`; all are stopped at the end of the test."""
    with ExitStack() as stack:

        def run(*urls: str, policy: DeliveryPolicy = QUICK, **settings: Any) -> Running:
            registry = CollectorRegistry()
            telemetry = stack.enter_context(start(TelemetrySettings(service_name="test", gpu="off"), registry=registry))
            chosen = NotifierSettings(
                notifier_database=database,
                **{"notifier_token": SecretStr(TOKEN), "notify_urls": SecretStr(" ".join(urls)), **settings},
            )
            app = create_app(chosen, telemetry, policy=policy, thresholds={"ApiErrorRateHigh": 0.05})
            address = stack.enter_context(_served(app))
            return Running(stack.enter_context(httpx.Client(base_url=address, trust_env=False)), registry)

        yield run
