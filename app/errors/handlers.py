"""Turns every exception that reaches the framework into problem details."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.errors.codes import Code
from app.errors.problem import FieldError, ServiceError, problem_response
from app.generation.inputs.errors import BadInput
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_LONGEST_VALUE: Final = 100
_BY_STATUS: Final = {
    400: Code.BAD_REQUEST,
    404: Code.ROUTE_UNKNOWN,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.BODY_TOO_LARGE,
    415: Code.MEDIA_TYPE_UNSUPPORTED,
    422: Code.INVALID_INPUT,
}


def add_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with problem details."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(BadInput, _bad_input)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(ClientDisconnect, _disconnected)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeoutError, _database)
    app.add_exception_handler(Exception, _unhandled)


async def _service_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this class
    return problem_response(error)


async def _bad_input(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BadInput)  # noqa: S101 - registered for this class
    return problem_response(refusal(error))


def refusal(error: BadInput) -> ServiceError:
    """Return the answer to an input that failed its check."""
    field = FieldError(error.field, error.value, f"{error.message} Allowed: {error.allowed}.")
    return ServiceError(Code.INVALID_INPUT, f"{error.field}: {error.message}", errors=[field])


async def _validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    fields = [_field(problem) for problem in error.errors()]
    names = ", ".join(dict.fromkeys(field.field for field in fields))
    return problem_response(ServiceError(Code.INVALID_INPUT, f"Cannot be used: {names}.", errors=fields))


def _field(problem: dict[str, Any]) -> FieldError:
    location = [str(part) for part in problem["loc"]]
    # The first part says where (path, query, body), which the name alone makes plain.
    name = ".".join(location[1:] or location)
    value = repr(problem.get("input"))
    shown = value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"
    return FieldError(name, shown, str(problem["msg"]))


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    code = _BY_STATUS.get(error.status_code, Code.HTTP_ERROR)
    detail = {
        Code.ROUTE_UNKNOWN: f"{request.url.path} is not an address of this service; /docs lists them.",
        Code.METHOD_NOT_ALLOWED: f"{request.method} is not allowed at {request.url.path}.",
    }.get(code, str(error.detail))
    return problem_response(ServiceError(code, detail, headers=error.headers), status=error.status_code)


async def _disconnected(_request: Request, _error: Exception) -> Response:
    # Nobody reads it; the status is what the access line and the metrics show.
    return problem_response(ServiceError(Code.CLIENT_CLOSED, "The connection was closed while the body was read."))


async def _database(_request: Request, error: Exception) -> Response:
    _log.error(Event.DATABASE_FAILED, error_type=type(error).__name__, error=str(getattr(error, "orig", error)))
    return problem_response(
        ServiceError(
            Code.DATABASE_UNAVAILABLE, "The database does not answer. Try again soon.", headers={"Retry-After": "5"}
        )
    )


async def _unhandled(_request: Request, _error: Exception) -> Response:
    return problem_response(
        ServiceError(Code.INTERNAL, "Something went wrong. The ids in this answer help to find out what.")
    )
