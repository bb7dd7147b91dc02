"""Jaeger's v3 query API (jaeger 2.20, internal/apiv3), as newer Grafana and Jaeger's own page call it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stack.native.tracestore import query_parameters as parse
from stack.native.tracestore import reader
from stack.native.tracestore.answers import guarded
from stack.native.tracestore.errors import BadQuery
from stack.native.tracestore.limits import Limits
from stack.native.tracestore.proto import Json
from stack.native.tracestore.reader import StoredTrace
from stack.native.tracestore.search import Search, find
from stack.native.tracestore.store import TraceStore
from stack.native.tracestore.tags import tag_filter
from stack.native.tracestore.v3_json import resource_spans, summary

_DEFAULT_DEPTH: Final = 100


class V3Api:
    """The endpoints below `/api/v3`. Lives as long as the store."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        endpoints = {
            "services": self.services,
            "operations": self.operations,
            "traces": self.search,
            "traces/{trace_id}": self.trace,
            "trace-summaries": self.summaries,
        }
        return [Route(f"/api/v3/{path}", guarded(endpoint, _error)) for path, endpoint in endpoints.items()]

    async def services(self, _: Request) -> Response:
        return _json({"services": await self._store.ask(reader.services)})

    async def operations(self, request: Request) -> Response:
        query = request.query_params
        service, kind = query.get("service", ""), query.get("spanKind") or query.get("span_kind") or ""
        found = await self._store.ask(lambda connection: reader.operations(connection, service, kind))
        return _json({"operations": [{"name": item.name, "spanKind": item.kind or "internal"} for item in found]})

    async def trace(self, request: Request) -> Response:
        trace_id = parse.trace_id(request.path_params["trace_id"])
        limits = self._store.limits
        return _traces(await self._store.ask(lambda connection: _spans(connection, [trace_id], limits)))

    async def search(self, request: Request) -> Response:
        limits = self._store.limits
        query = _search(request.query_params, limits)
        return _traces(await self._store.ask(lambda connection: _spans(connection, find(connection, query), limits)))

    async def summaries(self, request: Request) -> Response:
        limits = self._store.limits
        query = _search(request.query_params, limits)
        found = await self._store.ask(
            lambda connection: [summary(trace) for trace in _load(connection, find(connection, query), limits)]
        )
        return _json({"summaries": found} if found else {})


def _load(connection: sqlite3.Connection, trace_ids: list[bytes], limits: Limits) -> list[StoredTrace]:
    return list(reader.traces(connection, trace_ids, limits.trace_spans, limits.answer_spans))


def _spans(connection: sqlite3.Connection, trace_ids: list[bytes], limits: Limits) -> list[Json]:
    return resource_spans(_load(connection, trace_ids, limits))


def _search(query: QueryParams, limits: Limits) -> Search:
    """Return the search that the parameters ask for.

    Raises:
        BadQuery: a parameter is missing or cannot be understood.
    """

    def given(*names: str) -> tuple[str, str]:
        """Return the first name that has a value, with it; older names come after the one of today."""
        return next(((name, query[name]) for name in names if query.get(name)), (names[0], ""))

    earliest = given("query.startTimeMin", "query.start_time_min")
    latest = given("query.startTimeMax", "query.start_time_max")
    if not earliest[1] or not latest[1]:
        raise BadQuery("query.startTimeMin and query.startTimeMax are required")
    start, end = parse.instant(*earliest), parse.instant(*latest)
    if start >= end:
        raise BadQuery("query.startTimeMin must be before query.startTimeMax")
    depth = parse.whole(*given("query.searchDepth", "query.search_depth", "query.num_traces"), _DEFAULT_DEPTH)
    if not 1 <= depth <= limits.search_traces:
        raise BadQuery(f"query.searchDepth is {depth}: it must be between 1 and {limits.search_traces}")
    attributes = query.get("query.attributes")
    return Search(
        service=given("query.serviceName", "query.service_name")[1],
        operation=given("query.operationName", "query.operation_name")[1],
        start_min=max(0, start),
        start_max=min(2**63 - 1, end),
        duration_min=parse.go_duration(*given("query.durationMin", "query.duration_min")),
        duration_max=parse.go_duration(*given("query.durationMax", "query.duration_max")),
        tags=tag_filter(parse.tag_map("query.attributes", attributes) if attributes else {}),
        limit=depth,
    )


def _traces(groups: list[Json]) -> Response:
    return _json({"result": {"resourceSpans": groups}}) if groups else _error(404, "No traces found")


def _json(content: Any) -> Response:
    return Response(json.dumps(content), media_type="application/json")


def _error(status: int, message: str) -> Response:
    content = {"error": {"httpCode": status, "message": message}}
    return Response(json.dumps(content), status, media_type="text/plain")
