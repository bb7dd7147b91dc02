"""Labels that stay few whatever the client sends: the route's template and a known method."""

from typing import Any, Final

from starlette.routing import Mount
from starlette.types import Scope

from telemetry._methods import bounded_method as bounded_method  # noqa: PLC0414 - its importers look here
from telemetry.http._route_contexts import route_contexts

UNMATCHED: Final = "unmatched"


class RouteTemplates:
    """Finds the template of the route that a request took, in constant time after the first look at a route."""

    def __init__(self, routes: Any) -> None:
        self._routes = routes
        self._by_endpoint: dict[Any, str | None] = {}

    def template(self, scope: Scope, root_path: str) -> str:
        """Return for instance `/items/{id}`, with the mount's template in front for a mounted app.

        Args:
            scope: the request's scope after routing.
            root_path: its `root_path` before routing, a proxy's prefix that is no part of the route.
        """
        mounted = scope.get("root_path", "")[len(root_path) :]
        prefix = _mount_template(self._routes, mounted) if mounted else ""
        path = self._own_path(scope)
        if path is not None:
            return prefix + path
        return f"{prefix}/{{path}}" if mounted else UNMATCHED

    def _own_path(self, scope: Scope) -> str | None:
        # `route` is the route as declared: an include_router(prefix=) shows only in FastAPI's effective context.
        context = scope.get("fastapi", {}).get("effective_route_context")
        path = getattr(context, "path_format", None) or getattr(scope.get("route"), "path_format", None)
        if path is not None:
            return str(path)
        endpoint = scope.get("endpoint")
        return self._endpoint_path(scope, endpoint) if endpoint is not None else None

    def _endpoint_path(self, scope: Scope, endpoint: Any) -> str | None:
        """Find plain Starlette routes such as /docs, for which FastAPI leaves no route in the scope."""
        try:
            if endpoint not in self._by_endpoint:
                self._by_endpoint[endpoint] = _search(getattr(scope.get("app"), "routes", self._routes), endpoint)
            return self._by_endpoint[endpoint]
        except TypeError:  # an endpoint that cannot be hashed
            return None


def _search(routes: Any, endpoint: Any) -> str | None:
    contexts = (context for context in route_contexts(routes) if not isinstance(context.original_route, Mount))
    return next((context.path_format for context in contexts if context.endpoint is endpoint), None)


def _mount_template(routes: Any, path: str) -> str:
    """Return the template of the mounts that make up `path`: `/t/{tenant}/sub` for `/t/5/sub`."""
    for route in routes:
        if isinstance(route, Mount) and (match := route.path_regex.match(f"{path}/")):
            rest = match.group("path").rstrip("/")
            return route.path + (_mount_template(route.routes, f"/{rest}") if rest else "")
    return "/{mount}"
