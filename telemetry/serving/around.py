"""A layer around a whole application, outside even of what turns its unforeseen errors into answers."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.types import ASGIApp


def around(app: Starlette, layer: Callable[[ASGIApp], ASGIApp]) -> None:
    """Put `layer` around everything that `app` has; the next one goes around this. `add_middleware` puts it inside.

    Call it after `instrument(app)`, so that /metrics is inside as well.
    """
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: layer(build())  # type: ignore[method-assign]
