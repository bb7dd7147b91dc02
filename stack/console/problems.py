"""Errors as problem details (RFC 9457), the same shape as the service's.

Problem
├── BadRequest         400
├── OtherSite          403  a request that another site's page made
├── SignedOut          401  no session, or one that has run out
├── WrongToken         403
├── TooManyAttempts    429
├── NotFound           404
├── NotAllowed         405
├── TooLarge           413
├── BadHost            421  a Host header that this console does not answer to
├── BackendDown        502  a backend does not answer, or not with HTTP
└── BackendSlow        504
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from telemetry.context import current_request_id


class Problem(Exception):  # noqa: N818 - the RFC's word
    """An answer that is an error; `detail` says what happened and what to do."""

    status = 500
    code = "internal_error"
    title = "Internal error"

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        content = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": current_request_id(),
            "timestamp": datetime.now(UTC).isoformat(),
        }
        headers = {"Cache-Control": "no-store"} | self.headers
        return JSONResponse(content, self.status, headers, media_type="application/problem+json")


class SignedOut(Problem):
    status = 401
    code = "signed_out"
    title = "Not signed in"


class WrongToken(Problem):
    status = 403
    code = "wrong_token"
    title = "Wrong token"


class TooManyAttempts(Problem):
    status = 429
    code = "too_many_attempts"
    title = "Too many attempts"


class OtherSite(Problem):
    status = 403
    code = "other_site"
    title = "Request of another site"


class NotFound(Problem):
    status = 404
    code = "not_found"
    title = "Not found"


class NotAllowed(Problem):
    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"


class BadRequest(Problem):
    status = 400
    code = "bad_request"
    title = "Bad request"


class TooLarge(Problem):
    status = 413
    code = "too_large"
    title = "Too large"


class BadHost(Problem):
    status = 421
    code = "host_not_allowed"
    title = "Host not allowed"


class BackendDown(Problem):
    status = 502
    code = "backend_down"
    title = "Backend does not answer"


class BackendSlow(Problem):
    status = 504
    code = "backend_slow"
    title = "Backend takes too long"


_OF_STATUS = {404: NotFound, 405: NotAllowed, 413: TooLarge}


def handle_problems(app: FastAPI) -> None:
    """Answer every error of the application in the one shape."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unhandled)


def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - registered for it
    return error.response()


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    kind = _OF_STATUS.get(error.status_code, BadRequest)
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return kind(detail, error.headers).response()


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Say which field is wrong, without the value: it may be the token."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    fields = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
    return BadRequest("; ".join(fields)).response()


def _unhandled(_: Request, error: Exception) -> JSONResponse:
    return Problem(f"{type(error).__name__}: see the console's log under this request id").response()
