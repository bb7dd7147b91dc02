"""The routes of an app one by one, with FastAPI of any version.

Since 0.142 an included router stays one route, and its prefix is known only together with where it is included; before,
its routes were copied, each with its whole path.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import fastapi.routing
from starlette.routing import BaseRoute


class RouteContext(NamedTuple):
    """A route as a request meets it."""

    original_route: BaseRoute
    path_format: str | None
    endpoint: Any


def route_contexts(routes: Iterable[BaseRoute]) -> Iterator[RouteContext]:
    """Yield every route, those of included routers with the prefix."""
    contexts: Any = getattr(fastapi.routing, "iter_route_contexts", None)
    every: Iterable[Any] = routes if contexts is None else contexts(routes)
    for found in every:
        yield RouteContext(
            getattr(found, "original_route", found),
            getattr(found, "path_format", None),
            getattr(found, "endpoint", None),
        )
