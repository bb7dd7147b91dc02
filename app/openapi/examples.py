"""Examples of what is made of parts that have examples: a list's from its items', an answer's from its fields'."""

from __future__ import annotations

from typing import Any, Final

_REFERENCE: Final = "#/components/schemas/"
_NULL: Final = {"type": "null"}
_BY_FORMAT: Final = {"date-time": "2026-11-21T12:00:00Z"}
_BY_NAME: Final = {
    "changed_by": "pv_k3x9a2fd (boss)",
    "customer": "acme",
    "code": "invalid_input",
    "device": "gpu",
    "device_name": "NVIDIA H200",
    "kind": "job",
    "message": "The picture cannot be decoded.",
    "model": "portrait-1",
    "next": "http://127.0.0.1:8000/jobs?limit=50&cursor=MTc5NTMz",
    "next_cursor": "MTc5NTMz",
    "operation": "generate",
    "time_zone": "Europe/Amsterdam",
    "version": "1.0.0",
}
_BY_TYPE: Final[dict[str, Any]] = {
    "null": None,
    "boolean": False,
    "number": 0.0,
    "integer": 0,
    "array": [],
    "object": {},
}


def complete_examples(schemas: dict[str, Any]) -> None:
    """Give every schema of an object an example, and to examples what they lack."""
    for schema in schemas.values():
        if "example" in schema:
            schema["examples"] = [schema.pop("example")]
        for example in schema.get("examples", ()):
            _complete(example, schema, schemas)
    for schema in schemas.values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("examples", [_example(schema, schemas)])


def _example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    if part := _part(schema, schemas):
        return _example(part, schemas)
    for chosen in (schema.get("examples"), schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if chosen:
            return chosen[0]
    if "properties" in schema:
        return {name: _BY_NAME.get(name) or _example(field, schemas) for name, field in schema["properties"].items()}
    if "items" in schema:
        return [_example(schema["items"], schemas)]
    return schema.get("default", _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", ""), "...")))


def _part(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Return the schema that this one only names, or the first of those that it lets choose from."""
    if name := schema.get("$ref", "").removeprefix(_REFERENCE):
        return schemas[name]
    return next(iter(schema.get("anyOf", ())), None)


def _complete(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Add what has to be there: null where it may be, as the framework drops nulls, else what the class above lacks."""
    if not isinstance(example, dict):
        return
    fields = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in example:
            example[name] = None if _NULL in fields[name].get("anyOf", ()) else _example(fields[name], schemas)
    for name, field in fields.items():
        parts = (field, field.get("items", {}), *field.get("anyOf", ()))
        inner = next((schemas[part["$ref"].removeprefix(_REFERENCE)] for part in parts if "$ref" in part), None)
        values = example.get(name)
        for value in values if isinstance(values, list) else [values]:
            if inner is not None:
                _complete(value, inner, schemas)
