"""The OpenAPI document as a page that people read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from app.docs.markup import Html, inline, join, page, prose, tag

_CURL: Final = """\
curl -H "Authorization: Bearer $KEY" \\
     -H "Idempotency-Key: $(date +%s.%N)" \\
     -F image=@app/samples/portrait.jpg -F audio=@app/samples/speech.wav \\
     -F prompt="A calm news presenter" {server}/generate"""


def reference(document: dict[str, Any], server: str) -> str:
    """Return the page for `document`, with examples that call `server`."""
    info = document["info"]
    operations = list(_operations(document))
    contents = [
        tag("li", tag("a", tag("code", f"{method} {path}"), href=f"#{_anchor(operation)}"), f" {operation['summary']}")
        for method, path, operation in operations
    ]
    body = join(
        tag("h1", info["title"]),
        tag("p", f"Version {info['version']}. ", tag("a", "OpenAPI document", href="/openapi.json"), ". ",
            tag("a", "Error codes", href="/docs/errors"), "."),
        prose(info["description"]),
        tag("h2", "Try it"),
        tag("pre", _CURL.format(server=server)),
        tag("h2", "Endpoints"),
        tag("ul", *contents),
        *(_section(method, path, operation, document) for method, path, operation in operations),
    )  # fmt: skip
    return page(info["title"], body)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _anchor(operation: dict[str, Any]) -> str:
    return str(operation["operationId"])


def _section(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> Html:
    own = {status: answer for status, answer in sorted(operation["responses"].items()) if "$ref" not in answer}
    scopes = [scope for scheme in operation.get("security", ()) for needed in scheme.values() for scope in needed]
    scoped = f" with the scope {', '.join(f'`{scope}`' for scope in scopes)}" if scopes else ""
    needs_key = f"An API key{scoped} is needed." if operation.get("security") else "No API key is needed."
    return tag(
        "section",
        tag("h3", tag("code", f"{method} {path}")),
        prose(f"{operation.get('description', operation['summary'])} {needs_key}"),
        _inputs(operation, document),
        tag("h4", "Answers"),
        *(_answer(status, answer, document) for status, answer in own.items()),
        tag("p", "And as everywhere: ", join(*_shared(operation["responses"], document)), "."),
        id=_anchor(operation),
    )


def _shared(responses: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Yield links to what is said of the answers that many operations have, by status."""
    pairs = [(status, answer["$ref"]) for status, answer in sorted(responses.items()) if "$ref" in answer]
    for number, (status, reference) in enumerate(pairs):
        name = reference.removeprefix("#/components/responses/")
        (content,) = document["components"]["responses"][name]["content"].values()
        yield ", " if number else ""
        yield tag("a", status, href=f"/docs/errors#{next(iter(content['examples']))}")


def _inputs(operation: dict[str, Any], document: dict[str, Any]) -> Html:
    rows = [
        (each["name"], f"in {each['in']}", bool(each.get("required")), each.get("description", ""))
        for each in operation.get("parameters", [])
    ]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(content["schema"], document)
        required = schema.get("required", [])
        for name, field in schema.get("properties", {}).items():
            rows.append((name, media, name in required, field.get("description", "")))
    if not rows:
        return Html("")
    head = tag("tr", *(tag("th", title, scope="col") for title in ("Field", "Where", "Required", "Meaning")))
    lines = (
        tag(
            "tr",
            tag("td", tag("code", name)),
            tag("td", where),
            tag("td", "yes" if required else "no"),
            tag("td", inline(text)),
        )
        for name, where, required, text in rows
    )
    return tag("table", tag("thead", head), tag("tbody", *lines))


def _answer(status: str, answer: dict[str, Any], document: dict[str, Any]) -> Html:
    found = next(
        (example for content in answer.get("content", {}).values() for example in _examples(content, document)), None
    )
    shown = Html("") if found is None else tag("pre", json.dumps(found, indent=2))
    return tag("details", tag("summary", tag("code", status), f" {answer['description']}"), shown)


def _examples(content: dict[str, Any], document: dict[str, Any]) -> Iterator[Any]:
    yield from (each["value"] for each in content.get("examples", {}).values())
    yield from _resolved(content.get("schema", {}), document).get("examples", [])


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    name = reference.removeprefix("#/components/schemas/")
    found: dict[str, Any] = document["components"]["schemas"].get(name, schema)
    return found
