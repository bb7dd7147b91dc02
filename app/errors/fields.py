"""What a field that cannot be used is called, what was found there, and what should be, in words of JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from app.errors.problem import FieldError

_LONGEST_VALUE: Final = 100
_NO_JSON: Final = "should be JSON, with the header Content-Type: application/json"
#: What pydantic says in words of Python.
_SAID: Final = {
    "dict_type": "should be an object",
    "frozen_set_type": "should be a list",
    "model_attributes_type": "should be an object",
    "timezone_aware": "should say its offset from UTC, such as 2026-11-21T12:00:00Z",
}


def field_error(problem: dict[str, Any]) -> FieldError:
    """Return what is wrong with one field, from what pydantic says of it."""
    if problem["type"] == "json_invalid":
        return FieldError("body", "something else", f"The body should be JSON ({problem['ctx']['error']})")
    location = [str(part) for part in problem["loc"]]
    # The first part says where (path, query, body), which the name alone makes plain.
    name = ".".join(location[1:] or location)
    if isinstance(problem.get("input"), bytes):
        return FieldError(name, "something else", _NO_JSON)
    value = "nothing" if problem["type"] == "missing" else shown(problem.get("input"))
    said = _SAID.get(problem["type"]) or str(problem["msg"]).removeprefix("Value error, ")
    return FieldError(name, value, said)


def shown(value: object) -> str:
    """Return `value` as the caller wrote it, cut where it is long."""
    try:
        text = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    except RecursionError:
        return "something nested too deep"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
