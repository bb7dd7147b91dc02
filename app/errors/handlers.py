"""Turns every exception that reaches the framework into problem details."""

from __future__ import annotations

import errno
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match

from app.breakers import BreakerOpen
from app.database.away import DatabaseAway
from app.errors.codes import Code
from app.errors.fields import field_error
from app.errors.problem import FieldError, ServiceError, problem_response
from app.generation.inputs.errors import BadInput
from app.limits.enforcement import limit_headers, unless_too_many
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)
_MOST_SAID: Final = 3
_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
#: What the framework, or a layer that knows no codes, may refuse a request with.
_BY_STATUS: Final = {
    code.status: code
    for code in (
        Code.BAD_REQUEST,
        Code.ROUTE_UNKNOWN,
        Code.METHOD_NOT_ALLOWED,
        Code.NOT_ACCEPTABLE,
        Code.REQUEST_TIMEOUT,
        Code.LENGTH_REQUIRED,
        Code.PRECONDITION_FAILED,
        Code.BODY_TOO_LARGE,
        Code.ADDRESS_TOO_LONG,
        Code.MEDIA_TYPE_UNSUPPORTED,
        Code.RANGE_NOT_SATISFIABLE,
        Code.INVALID_INPUT,
        Code.HEADERS_TOO_LARGE,
        Code.METHOD_UNKNOWN,
        Code.INTERNAL,
        Code.UPSTREAM_UNAVAILABLE,
    )
}
STORAGE_FULL: Final = "The service's disk is full. Try again later."
_SOON: Final = {"Retry-After": "5"}
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_OUT_OF_REACH: Final = (errno.EACCES, errno.EIO, errno.EISDIR, errno.ENOENT, errno.EPERM, errno.EROFS, errno.ESTALE)


def add_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with problem details."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(BadInput, _bad_input)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(ClientDisconnect, _disconnected)
    # Only these two say that the database is away; the others say that it was asked something wrong.
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(InterfaceError, _database)
    app.add_exception_handler(PoolTimeoutError, _database)
    app.add_exception_handler(DatabaseAway, _database)
    app.add_exception_handler(BreakerOpen, _left_alone)
    app.add_exception_handler(OSError, _system)
    app.add_exception_handler(Exception, _unhandled)


async def _service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this class
    return problem_response(await unless_too_many(request, error))


async def _bad_input(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BadInput)  # noqa: S101 - registered for this class
    return problem_response(refusal(error))


def refusal(error: BadInput) -> ServiceError:
    """Return the answer to an input that failed its check."""
    field = FieldError(error.field, error.value, f"{error.message} Allowed: {error.allowed}.")
    return ServiceError(Code.INVALID_INPUT, f"{error.field}: {error.message}", errors=[field])


async def _validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    fields = [field_error(problem) for problem in error.errors()]
    said = " ".join(f"{field.field}: {field.message}. Found {field.value}." for field in fields[:_MOST_SAID])
    return problem_response(ServiceError(Code.INVALID_INPUT, said, errors=fields))


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    code = _BY_STATUS.get(error.status_code, Code.HTTP_ERROR)
    detail, headers = str(error.detail), dict(error.headers or {})
    context: dict[str, Any] = {}
    if code is Code.BAD_REQUEST and isinstance(error.__cause__, RecursionError | UnicodeDecodeError):
        detail = "The body cannot be read as JSON: it is not UTF-8, or nested too deep."
    if code is Code.ROUTE_UNKNOWN:
        detail = f"{request.url.path} is not an address of this service; /docs lists them."
        context = {"path": request.url.path}
    if code is Code.METHOD_NOT_ALLOWED:
        methods = _allowed_methods(request)
        allowed = headers["Allow"] = ", ".join(methods)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        detail = f"{request.method} is not allowed at {request.url.path}; allowed: {allowed}."
        context = {"method": request.method, "allowed": methods}
    refused = ServiceError(code, detail, context=context, headers=headers)
    answered = await unless_too_many(request, refused)
    return problem_response(answered, status=error.status_code if answered is refused else None)


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes at this address; the framework names those of the first one only."""
    routes = request.app.routes
    found = {
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    }
    return sorted(found | {"OPTIONS"})


async def _disconnected(_request: Request, _error: Exception) -> Response:
    # Nobody reads it; the status is what the access line and the metrics show.
    return problem_response(ServiceError(Code.CLIENT_CLOSED, "The connection was closed while the body was read."))


async def _database(_request: Request, error: Exception) -> Response:
    _log.error(Event.DATABASE_FAILED, error_type=type(error).__name__, error=str(getattr(error, "orig", error)))
    return problem_response(
        ServiceError(
            Code.DATABASE_UNAVAILABLE,
            "The database does not answer. Try again soon.",
            context={"component": "database"},
            headers={"Retry-After": str(error.retry_after)} if isinstance(error, DatabaseAway) else _SOON,
        )
    )


async def _left_alone(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BreakerOpen)  # noqa: S101 - registered for this class
    return problem_response(
        ServiceError(
            Code.UPSTREAM_UNAVAILABLE,
            f"The {error.breaker} does not answer. Try again soon.",
            context={"component": error.breaker},
            headers={"Retry-After": str(error.retry_after)},
        )
    )


async def _system(_request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)  # noqa: S101 - registered for this class
    where = {"component": "storage"}
    if error.errno in _FULL:
        return problem_response(ServiceError(Code.STORAGE_FULL, STORAGE_FULL, context=where))
    if error.errno in _OUT_OF_REACH:
        _log.error(Event.STORAGE_FAILED, error_type=type(error).__name__, error=error.strerror)
        return problem_response(
            ServiceError(
                Code.STORAGE_UNAVAILABLE, "The storage does not answer. Try again soon.", context=where, headers=_SOON
            )
        )
    raise error


async def _unhandled(request: Request, _error: Exception) -> Response:
    said = "Something went wrong. The ids in this answer help to find out what."
    # Answered outside of all middleware.
    return problem_response(ServiceError(Code.INTERNAL, said, headers=limit_headers(request.scope)))
