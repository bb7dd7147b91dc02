"""The document is complete: who reads it, and what is generated from it, has to guess nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI

from app.errors import Code

#: What needs no key; a link is one itself.
OPEN = {"GET /health", "GET /health/live", "GET /health/ready", "GET /health/startup", "GET /links/{job_id}"}
MEDIA_TYPE = "application/problem+json"


@pytest.fixture
def document(api: FastAPI) -> dict[str, Any]:
    return json.loads(json.dumps(api.openapi()))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def resolved(document: dict[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        node, path = document, node["$ref"]
        for part in path.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/")]
    return node


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    ids = Counter(operation["operationId"] for _, operation in operations(document))
    assert [name for name, count in ids.items() if count > 1] == []
    known = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert re.fullmatch(r"[a-z_]+", operation["operationId"]), name
        assert 8 < len(operation["summary"]) < 120, name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
        assert set(operation["tags"]) <= known, name


def test_every_parameter_and_body_has_a_meaning_and_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (name, parameter["name"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema = resolved(document, content["schema"])
            examples = [content.get("example"), content.get("examples"), schema.get("examples"), schema.get("example")]
            fields = schema.get("properties", {}).values()
            assert any(examples) or any("example" in field for field in fields), name
            assert schema.get("additionalProperties") is False, name


def test_every_answer_has_its_shape_and_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            answer = resolved(document, answer)  # noqa: PLW2901
            assert answer["description"], (name, status)
            assert {"X-Request-ID", "traceparent"} <= set(answer["headers"]), (name, status)
            content = answer.get("content", {})
            if status.startswith(("4", "5")):
                assert content[MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}, (name, status)
                assert content[MEDIA_TYPE]["examples"], (name, status)
                assert {MEDIA_TYPE} == set(content) or (name.startswith("GET /health") and status == "503")
            elif status in {"200", "201", "202"}:
                assert content, (name, status)
                for shown in content.values():
                    schema = resolved(document, shown.get("schema", {}))
                    assert schema.get("format") == "binary" or schema.get("examples") or "example" in shown or "example" in schema, (name, status)  # fmt: skip


def test_common_answers_are_told_everywhere(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        expected = {"400", "414", "431", "500", "503"} | ({"401", "403"} if operation.get("security") else set())
        assert expected <= set(operation["responses"]), name
    assert {name for name, operation in operations(document) if not operation.get("security")} == OPEN


def test_examples_of_errors_hold_what_the_schema_says(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Problem"] | {"components": document["components"]}
    validator, seen = jsonschema.Draft202012Validator(schema), set()
    for _, operation in operations(document):
        for status, answer in operation["responses"].items():
            shown = resolved(document, answer).get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
            for code, example in shown.items():
                if code not in seen:
                    validator.validate(example["value"])
                assert (example["value"]["code"], example["value"]["status"]) == (code, int(status))
                seen.add(code)
    # What no operation answers: addresses and methods that there are not, and what only the log shows.
    beside = {Code.ROUTE_UNKNOWN, Code.METHOD_NOT_ALLOWED, Code.METHOD_UNKNOWN, Code.HTTP_ERROR, Code.CLIENT_CLOSED, Code.LENGTH_REQUIRED}  # fmt: skip
    assert {code.code for code in Code} - seen == {code.code for code in beside}


def test_examples_of_answers_hold_what_the_schema_says(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for example in [*schema.get("examples", ()), *([schema["example"]] if "example" in schema else ())]:
            try:
                jsonschema.validate(example, schema | {"components": document["components"]})
            except jsonschema.ValidationError as error:
                pytest.fail(f"the example of {name}: {error.message}")


def test_document_names_server_contact_licence_and_scheme(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["servers"][0]["url"] == "/"
    assert document["info"]["contact"]["name"]
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    assert document["components"]["securitySchemes"]["API key"]["scheme"] == "bearer"
    assert "HTTPValidationError" not in document["components"]["schemas"]
