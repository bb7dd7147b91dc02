"""Telemetry around an app from outside, whatever kind of ASGI app it is."""

from collections.abc import Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from telemetry._process import Telemetry
from telemetry.http._instrument import instrument, observing
from telemetry.http._lean_spans import LeanSpans
from telemetry.http._middleware import ExceptionWitness
from telemetry.http._spans import Untraced


def observed(app: ASGIApp, telemetry: Telemetry) -> tuple[ASGIApp, Telemetry]:
    """Return `app` with telemetry, and the `Telemetry` that it reports to: its own, if it is instrumented already.

    A FastAPI or Starlette app is instrumented in its place. Any other, such as one with middleware put around it by
    hand, is wrapped; its spans are then always made by our own middleware.
    """
    if isinstance(app, Starlette):
        own: Telemetry | None = getattr(app.state, "plainview_telemetry", None)
        return app, own or instrument(app, telemetry)
    inner = next(_within(app), None)
    if inner is not None and inner.middleware_stack is None and not hasattr(inner.state, "plainview_telemetry"):
        inner.user_middleware.insert(0, Middleware(ExceptionWitness))
    layer = observing(telemetry, inner.routes if inner is not None else [])
    if telemetry.settings.span_source == "off":
        return Untraced(layer(app, ends_span=False)), telemetry
    return LeanSpans(layer(app, ends_span=True), telemetry.tracer_provider), telemetry


def _within(app: Any) -> Iterator[Starlette]:
    """Yield the Starlette app that layers of middleware stand around, if their attributes lead to one."""
    seen = 0
    while app is not None and seen < 20:  # noqa: PLR2004 - nobody has so many
        if isinstance(app, Starlette):
            yield app
            return
        app, seen = getattr(app, "app", None) or getattr(app, "other_asgi_app", None), seen + 1
