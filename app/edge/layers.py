"""The layers around the API. From outside: headers, CORS, telemetry, the names it answers to, the application."""

from __future__ import annotations

from functools import partial
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app.errors import Code, ServiceError
from app.errors.problem import problem_response
from app.settings import Settings
from telemetry.serving.around import around
from telemetry.serving.headers import SecurityHeaders
from telemetry.serving.hosts import KnownHosts

_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
#: What a page of another origin may send besides what every page may.
_SENT: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Range",
    "X-Request-ID",
    "traceparent",
    "tracestate",
)
#: What such a page may read of an answer besides what every page may.
_READ: Final = (
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Cache",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-ID",
    "traceparent",
)
_PREFLIGHT_SECONDS: Final = 600


def guard(app: FastAPI, settings: Settings) -> None:
    """Have `app` answer to its own names only; to be called before it is instrumented, for refusals are traffic too."""
    app.add_middleware(KnownHosts, names=_names(settings), refusal=_refusal)


def dress(app: FastAPI, settings: Settings) -> None:
    """Put on every answer what browsers must know; to be called when everything else stands."""
    if settings.cors_origins:
        cors = partial(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=_METHODS,
            allow_headers=_SENT,
            expose_headers=_READ,
            allow_credentials=False,  # keys are sent by the page itself, never by the browser on its own
            max_age=_PREFLIGHT_SECONDS,
        )
        around(app, cors)
    secure = (settings.public_url or "").startswith("https:")
    around(app, partial(SecurityHeaders, always_secure=secure))


def _names(settings: Settings) -> set[str]:
    public = urlsplit(settings.public_url or "").hostname
    return {name for name in (settings.host, public, *settings.allowed_hosts) if name}


def _refusal(host: str) -> ASGIApp:
    detail = f"The Host header is {host!r}; PLAINVIEW_ALLOWED_HOSTS names the hosts that are answered to."
    return problem_response(ServiceError(Code.HOST_UNKNOWN, detail, context={"host": host}))
