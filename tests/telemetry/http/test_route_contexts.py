"""Templates with FastAPI as it was before it kept included routers whole."""

import fastapi.routing
import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import Mount, Route

from telemetry.http._route_contexts import route_contexts


async def endpoint(_request):
    """Stand for any."""


def paths(routes):
    return [context.path_format for context in route_contexts(routes) if context.path_format]


def test_prefix_of_an_included_router_is_part_of_the_path():
    app, router = FastAPI(openapi_url=None), APIRouter(prefix="/items")
    router.get("/{number}")(endpoint)
    app.include_router(router, prefix="/v1")
    assert paths(app.routes) == ["/v1/items/{number}"]


@pytest.fixture
def older(monkeypatch):
    monkeypatch.delattr(fastapi.routing, "iter_route_contexts")


def test_older_fastapi_has_the_whole_path_in_each_route(older):
    routes = [Route("/v1/items/{number}", endpoint), Mount("/sub", routes=[])]
    first, mount = route_contexts(routes)
    assert first == (routes[0], "/v1/items/{number}", endpoint)
    assert mount.original_route is routes[1]
