"""Error answers as the OpenAPI document shows them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pydantic import BaseModel, Field

from app.errors.codes import Code
from app.errors.problem import MEDIA_TYPE


class ProblemField(BaseModel):
    """One field at fault."""

    field: str
    value: str
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457), the one shape of every error."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable name of the kind of error.")
    request_id: str | None
    trace_id: str | None
    timestamp: str
    errors: list[ProblemField] | None = Field(None, description="The fields at fault, where fields are.")


def answers(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer with these codes, an example each."""
    by_status: dict[int, list[Code]] = defaultdict(list)
    for code in codes:
        by_status[code.status].append(code)
    return {
        status: {
            "description": "; ".join(code.title for code in some),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {code.code: {"value": example(code)} for code in some},
                }
            },
        }
        for status, some in by_status.items()
    }


def example(code: Code) -> dict[str, Any]:
    """Return an answer with `code` as documentation shows it."""
    return {
        "type": f"/docs/errors#{code.code}",
        "title": code.title,
        "status": code.status,
        "detail": f"{code.title}.",
        "code": code.code,
        "request_id": "5f0c4c2f0b7a4d3c9d2e1f00a1b2c3d4",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "timestamp": "2026-11-21T12:00:00.000Z",
    }
