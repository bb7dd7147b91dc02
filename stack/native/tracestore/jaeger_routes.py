"""Jaeger's v1 query API (jaeger 2.20, internal/http_handler.go), as Grafana's datasource and the console call it."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stack.native.tracestore import query_parameters as parse
from stack.native.tracestore import reader
from stack.native.tracestore.answers import guarded
from stack.native.tracestore.errors import BadQuery
from stack.native.tracestore.jaeger_json import trace_id_text, trace_json
from stack.native.tracestore.limits import Limits
from stack.native.tracestore.proto import Json
from stack.native.tracestore.search import Search, find
from stack.native.tracestore.store import TraceStore
from stack.native.tracestore.tags import tag_filter

_DEFAULT_LIMIT: Final = 100
_LOOKBACK: Final = 48 * 3600 * 10**9
_DEPENDENCY_LOOKBACK_MS: Final = 24 * 3600 * 1000


class JaegerApi:
    """The endpoints below `/api`. Lives as long as the store."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        endpoints = {
            "services": self.services,
            "services/{service:path}/operations": self.operations_of,
            "operations": self.operations,
            "traces": self.search,
            "traces/{trace_id}": self.trace,
            "dependencies": self.dependencies,
            "metrics/{name}": self.metrics,
        }
        return [Route(f"/api/{path}", guarded(endpoint, _error)) for path, endpoint in endpoints.items()]

    async def services(self, request: Request) -> Response:
        names = await self._store.ask(reader.services)
        return _answer(request, names, total=len(names))

    async def operations_of(self, request: Request) -> Response:
        service = request.path_params["service"]
        found = await self._store.ask(lambda connection: reader.operations(connection, service))
        names = list(dict.fromkeys(operation.name for operation in found))
        return _answer(request, names, total=len(names))

    async def operations(self, request: Request) -> Response:
        service, kind = request.query_params.get("service", ""), request.query_params.get("spanKind", "")
        if not service:
            raise BadQuery("parameter 'service' is required")
        found = await self._store.ask(lambda connection: reader.operations(connection, service, kind))
        data = [{"name": operation.name, "spanKind": operation.kind} for operation in found]
        return _answer(request, data, total=len(data))

    async def search(self, request: Request) -> Response:
        limits = self._store.limits
        wanted = [parse.trace_id(text) for text in request.query_params.getlist("traceID")]
        if wanted:
            found = await self._store.ask(lambda connection: _by_ids(connection, wanted, limits))
            missing = [trace_id for trace_id in wanted if trace_id not in found]
            errors = [{"msg": "trace not found", "traceID": trace_id_text(trace_id)} for trace_id in missing]
            return _answer(request, list(found.values()), errors=errors or None)
        query = _search(request.query_params, limits)
        return _answer(request, await self._store.ask(lambda connection: _matching(connection, query, limits)))

    async def trace(self, request: Request) -> Response:
        trace_id = parse.trace_id(request.path_params["trace_id"])
        limits = self._store.limits
        found = await self._store.ask(lambda connection: _by_ids(connection, [trace_id], limits))
        return _answer(request, list(found.values())) if found else _error(404, "trace not found")

    async def dependencies(self, request: Request) -> Response:
        query = request.query_params
        end = parse.whole("endTs", query.get("endTs", ""), time.time_ns() // 10**6)
        lookback = parse.whole("lookback", query.get("lookback", ""), _DEPENDENCY_LOOKBACK_MS)
        first, last = _clip((end - lookback) * 10**6), _clip(end * 10**6)
        service = query.get("service", "")
        links = await self._store.ask(lambda connection: reader.dependencies(connection, first, last))
        data = [
            {"parent": link.parent, "child": link.child, "callCount": link.calls}
            for link in links
            if service in ("", link.parent, link.child)
        ]
        return _answer(request, data)

    async def metrics(self, _: Request) -> Response:
        return _error(501, "metrics querying is not supported: this store keeps traces, Prometheus keeps metrics")


def _by_ids(connection: sqlite3.Connection, trace_ids: list[bytes], limits: Limits) -> dict[bytes, Json]:
    found = reader.traces(connection, trace_ids, limits.trace_spans, limits.answer_spans)
    return {trace.trace_id: trace_json(trace) for trace in found}


def _matching(connection: sqlite3.Connection, query: Search, limits: Limits) -> list[Json]:
    return list(_by_ids(connection, find(connection, query), limits).values())


def _search(query: QueryParams, limits: Limits) -> Search:
    """Return the search that the parameters ask for; times are in microseconds.

    Raises:
        BadQuery: a parameter is missing or cannot be understood.
    """
    if not query.get("service"):
        raise BadQuery("parameter 'service' is required")
    now = time.time_ns()
    shortest = parse.go_duration("minDuration", query.get("minDuration", ""))
    longest = parse.go_duration("maxDuration", query.get("maxDuration", ""))
    if shortest and longest and longest < shortest:
        raise BadQuery("'maxDuration' should be greater than 'minDuration'")
    limit = parse.whole("limit", query.get("limit", ""), _DEFAULT_LIMIT)
    if not 1 <= limit <= limits.search_traces:
        raise BadQuery(f"limit is {limit}: it must be between 1 and {limits.search_traces}")
    return Search(
        service=query["service"],
        operation=query.get("operation", ""),
        start_min=_clip(parse.whole("start", query.get("start", ""), (now - _LOOKBACK) // 1000) * 1000),
        # A span that started within the microsecond is within the bound.
        start_max=_clip(parse.whole("end", query.get("end", ""), now // 1000) * 1000 + 999),
        duration_min=shortest,
        duration_max=longest,
        tags=tag_filter(parse.tags(query.getlist("tag"), query.getlist("tags"))),
        limit=limit,
    )


def _clip(nanoseconds: int) -> int:
    return max(0, min(2**63 - 1, nanoseconds))


def _answer(request: Request, data: Any, *, total: int = 0, errors: list[Json] | None = None) -> Response:
    pretty = 2 if request.query_params.get("prettyPrint") == "true" else None
    content = {"data": data, "total": total, "limit": 0, "offset": 0, "errors": errors}
    return Response(json.dumps(content, indent=pretty), media_type="application/json")


def _error(status: int, message: str) -> Response:
    """Return Jaeger's error: its JSON envelope, with the status, as text/plain."""
    content = {"data": None, "total": 0, "limit": 0, "offset": 0, "errors": [{"code": status, "msg": message}]}
    return Response(json.dumps(content), status, media_type="text/plain")
