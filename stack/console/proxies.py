"""Prometheus, Alertmanager, Jaeger and the notifier, read through the console's session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import Response

from stack.console.backends import Backend, forward
from stack.console.settings import ConsoleSettings

_PROMETHEUS: Final = (
    "query",
    "query_range",
    "query_exemplars",
    "series",
    "labels",
    "label/*/values",
    "rules",
    "alerts",
    "targets",
    "metadata",
    "status/buildinfo",
)
# These take their parameters as a form too, for queries that are too long for a URL.
_PROMETHEUS_FORMS: Final = ("query", "query_range", "query_exemplars", "series", "labels")
_ALERTMANAGER: Final = ("alerts", "alerts/groups", "silences", "status")
_JAEGER: Final = ("services", "services/*/operations", "operations", "traces", "traces/*", "dependencies")


def proxy_router(settings: ConsoleSettings, client: httpx.AsyncClient) -> APIRouter:
    """Return the routes below `/api` that pass a request on; each backend by the first segment."""
    router = APIRouter()
    look = "start it with `./plainview up`, or see `./plainview status`"
    prometheus = Backend("Prometheus", _join(settings.prometheus_url, "api/v1"), _PROMETHEUS, look)
    forms = Backend("Prometheus", prometheus.url, _PROMETHEUS_FORMS, look)
    alertmanager = Backend("Alertmanager", _join(settings.alertmanager_url, "api/v2"), _ALERTMANAGER, look)
    jaeger = Backend("The trace store", _join(settings.jaeger_url, "api"), _JAEGER, look)
    notifier = Backend(
        "The notifier",
        _join(settings.notifier_url, ""),
        ("deliveries",),
        look,
        {"Authorization": f"Bearer {settings.notifier_token.get_secret_value()}"},
    )

    def passing(backend: Backend, prefix: str) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await forward(client, backend, _after(request, prefix), request)

        return endpoint

    async def notifications(request: Request) -> Response:
        return await forward(client, notifier, "deliveries", request)

    router.add_api_route("/prometheus/{path:path}", passing(prometheus, "/api/prometheus/"), methods=["GET"])
    router.add_api_route("/prometheus/{path:path}", passing(forms, "/api/prometheus/"), methods=["POST"])
    router.add_api_route("/alertmanager/{path:path}", passing(alertmanager, "/api/alertmanager/"), methods=["GET"])
    router.add_api_route("/jaeger/{path:path}", passing(jaeger, "/api/jaeger/"), methods=["GET"])
    router.add_api_route("/notifications", notifications, methods=["GET"])
    return router


def _join(base: Any, path: str) -> str:
    return f"{str(base).rstrip('/')}/{path}".rstrip("/")


def _after(request: Request, prefix: str) -> str:
    """Return the rest of the path as it was sent: an encoded slash in a service's name must stay encoded."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.partition(b"?")[0].decode("ascii", "replace").removeprefix(prefix)
