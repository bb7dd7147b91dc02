"""Error answers as the OpenAPI document shows them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field, JsonValue

from app.errors.advice import ADVICE
from app.errors.codes import Code
from app.errors.problem import MEDIA_TYPE

CODES: Final[list[JsonValue]] = [code.code for code in Code]


class ProblemField(BaseModel):
    """One field at fault."""

    field: str = Field(description="Where it is: a parameter, a header, or the path into the body.")
    value: str = Field(description="What was found, shortened.")
    message: str = Field(description="What is wrong with it and what is allowed.")


class Problem(BaseModel):
    """Problem details (RFC 9457), the one shape of every error."""

    type: str = Field(description="Address of what the documentation says about the code.")
    title: str = Field(description="What the code means, the same in every answer that carries it.")
    status: int = Field(ge=400, le=599, description="HTTP status of the answer.")
    detail: str = Field(description="What happened, with which value, and what to do.")
    code: str = Field(description="Stable name of the kind of error.", json_schema_extra={"enum": CODES})
    context: dict[str, Any] = Field(description="Facts for programs, such as a limit or a job's state.")
    request_id: str | None = Field(description="Finds the request's lines in the log; also in X-Request-ID.")
    trace_id: str | None = Field(description="Finds the request's trace; also in traceparent.")
    timestamp: datetime
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
    advice = ADVICE[code]
    return {
        "type": f"/docs/errors#{code.code}",
        "title": code.title,
        "status": code.status,
        "detail": advice.detail,
        "code": code.code,
        "context": dict(advice.context),
        "request_id": "5f0c4c2f0b7a4d3c9d2e1f00a1b2c3d4",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "timestamp": "2026-11-21T12:00:00.000Z",
    } | ({"errors": [_FIELD]} if code is Code.INVALID_INPUT else {})


_FIELD: Final = {
    "field": "limit",
    "value": "'2000'",
    "message": "Input should be less than or equal to 1000",
}
