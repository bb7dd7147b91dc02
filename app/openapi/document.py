"""Makes the document from the routes."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.errors.codes import Code
from app.errors.documented import Problem, answers
from app.errors.problem import MEDIA_TYPE
from app.openapi.common import add_common, components
from app.openapi.examples import complete_examples
from app.openapi.text import CONTACT, DESCRIPTION, LICENCE, MEANINGS, TAGS

#: What already says which texts may be.
_CLOSED: Final = frozenset({"pattern", "enum", "const", "format"})
#: No address may have it, see `app.errors.shapeless`.
_NO_NUL: Final = "^[^\\x00]*$"


def operation_id(route: APIRoute) -> str:
    """Return the name by which generated clients call a route: its function's."""
    return route.name


def describe(app: FastAPI, public_url: str | None) -> None:
    """Give `app` a complete OpenAPI document; users reach it at `public_url`, or where they found the document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, public_url or "/")
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI, server: str) -> dict[str, Any]:
    with warnings.catch_warnings():  # of HEAD and GET with one name; HEAD is left out below
        warnings.filterwarnings("ignore", message="Duplicate Operation ID")
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary="A talking-portrait video API over jobs.",
            description=DESCRIPTION,
            tags=TAGS,
            servers=[{"url": server, "description": "This service."}],
            contact=CONTACT,
            license_info=LICENCE,
            routes=app.routes,
        )
    schemas = document["components"]["schemas"]
    complete_examples(schemas)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    # The framework promises its own shape for validation errors; ours is sent.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"] |= components()
    named = Counter(operation["operationId"] for _, operation in _operations(document))
    for path, operation in _operations(document):
        if named[operation["operationId"]] > 1:  # one function at several addresses
            operation["operationId"] = "_".join(re.findall(r"\w+", path))
        _put_right(operation)
        add_common(operation)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        methods.pop("head", None)
        for operation in methods.values():
            yield path, operation


def _put_right(operation: dict[str, Any]) -> None:
    operation["summary"] = operation["description"].split("\n")[0].split(". ")[0].removesuffix(".").replace("`", "")
    for parameter in operation.get("parameters", ()):
        _lift(parameter)
    refused = operation["responses"].get("422", {})
    content = refused.get("content", {})
    if "application/json" in content:
        del content["application/json"]
        if MEDIA_TYPE not in content:
            refused |= answers(Code.INVALID_INPUT)[422]


def _lift(parameter: dict[str, Any]) -> None:
    """Say of a parameter what its type says: the framework leaves that within the schema."""
    schema = parameter["schema"]
    for part in (schema, *schema.get("anyOf", ())):
        if "description" in part:
            parameter.setdefault("description", part["description"])
        if part.get("examples"):
            parameter.setdefault("example", part["examples"][0])
        if part.get("type") == "string" and not _CLOSED.intersection(part):
            part["pattern"] = _NO_NUL
    if parameter["name"] in MEANINGS:
        parameter.setdefault("description", MEANINGS[parameter["name"]])
