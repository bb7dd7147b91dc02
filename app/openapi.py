"""The OpenAPI document: what the framework finds out by itself, and what it cannot know."""

from __future__ import annotations

import warnings
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.errors.documented import Problem

_DESCRIPTION: Final = """\
Makes talking-portrait videos: a picture, speech and a prompt in, an MP4 out.

1. `POST /generate` answers 202 with a job id.
2. `GET /status/{job_id}` tells how the job goes.
3. `GET /result/{job_id}` gives the video.

Send your API key with every request: `Authorization: Bearer pv_...`. Every error is problem details (RFC 9457) with a
stable `code`; quote its `request_id` or `trace_id` when you ask for help.
"""
_TAGS: Final = [
    {"name": "jobs", "description": "Submit, look, fetch, cancel, list."},
    {"name": "usage", "description": "Who used devices for how long, and what that cost."},
    {"name": "budgets", "description": "What a day and a month may cost, for the service and for each customer."},
    {"name": "keys", "description": "API keys, for administrators."},
    {"name": "health", "description": "Probes; they need no key."},
]


def describe(app: FastAPI) -> None:
    """Give `app` a complete OpenAPI document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    with warnings.catch_warnings():  # of HEAD and GET with one name; HEAD is left out below
        warnings.filterwarnings("ignore", message="Duplicate Operation ID")
        document = get_openapi(
            title=app.title, version=app.version, description=_DESCRIPTION, tags=_TAGS, routes=app.routes
        )
    for methods in document["paths"].values():
        methods.pop("head", None)
    schemas = document["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    # The framework promises its own shape for validation errors; ours is sent.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in _operations(document):
        content = operation["responses"].get("422", {}).get("content", {})
        if "application/json" in content:
            del content["application/json"]
            content.setdefault("application/problem+json", {"schema": {"$ref": "#/components/schemas/Problem"}})
    return document


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]
