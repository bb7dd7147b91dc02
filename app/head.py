"""HEAD wherever there is GET: the same answer without its body, which the server leaves out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.routing import Route


def answering_head(router: APIRouter) -> APIRouter:
    """Return `router` with HEAD on each of its routes that answer GET."""
    for route in router.routes:
        if isinstance(route, Route) and route.methods is not None and "GET" in route.methods:
            route.methods.add("HEAD")
    return router
