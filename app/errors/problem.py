"""The error that routes raise, and the problem details that it becomes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from starlette.responses import JSONResponse

from app.clock import rfc3339, utc_now
from app.errors.codes import Code
from app.keys.secret import masked
from telemetry import catalog, counted
from telemetry.context import current_request_id, current_trace_id

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that cannot be used: its name, what was found in a few words, and what is allowed."""

    field: str
    value: str
    message: str


class ServiceError(Exception):
    """An error that the caller can act on; the one class, told apart by `code`.

    Attributes:
        code: what kind of error, with its HTTP status.
        detail: what happened, with which value, and what to do next.
        context: facts for programs; nothing in it is secret.
        errors: the fields at fault, where fields are.
        headers: to be sent with the answer.
    """

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        context: Mapping[str, Any] | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.detail = detail
        self.context = dict(context or {})
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        super().__init__(code, detail)

    def __str__(self) -> str:
        return f"{self.code.code}: {self.detail}"


_COUNTS: Final = {code: counted(catalog.PROBLEMS, code=code.code) for code in Code}


def count_problems_from_zero() -> None:
    """Export every code before it is answered, so that the first answer is a rise."""
    for problems in _COUNTS.values():
        problems.add(0)


class ProblemResponse(JSONResponse):
    """An answer in the shape of RFC 9457."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """Return the body; half of a surrogate pair, which JSON may send and UTF-8 cannot hold, goes back as JSON's escape."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        # Whoever sent a key to the wrong place reads it there again, and so does whatever logs answers.
        return masked(text).encode("utf-8", "backslashreplace")


def problem(error: ServiceError, *, status: int | None = None) -> dict[str, Any]:
    """Return the problem details of `error`, counted; `status` only where it is not the code's own."""
    _COUNTS[error.code].add()
    body: dict[str, Any] = {
        "type": f"/docs/errors#{error.code.code}",
        "title": error.code.title,
        "status": status or error.code.status,
        "detail": error.detail,
        "code": error.code.code,
        "context": error.context,
        "request_id": current_request_id(),
        "trace_id": current_trace_id(),
        "timestamp": rfc3339(utc_now()),
    }
    if error.errors:
        body["errors"] = [asdict(field) for field in error.errors]
    return body


def problem_response(error: ServiceError, *, status: int | None = None) -> ProblemResponse:
    """Return the answer to `error`; `status` only where the framework chose one that has no code of its own."""
    body = problem(error, status=status)
    return ProblemResponse(body, status_code=body["status"], headers={"Cache-Control": "no-store"} | error.headers)
