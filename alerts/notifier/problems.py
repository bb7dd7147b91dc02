"""Every error as an answer: problem details (RFC 9457), the same shape as the service's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from telemetry import catalog
from telemetry.context import current_request_id
from telemetry.logs import get_logger

from .errors import OutboxUnavailable, Refused
from .moments import rfc3339

_log = get_logger(__name__)


def answer_problems(app: FastAPI) -> None:
    """Have `app` answer the notifier's errors, the framework's and those that nobody foresaw."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(OutboxUnavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unhandled)


def refusal(error: Refused) -> JSONResponse:
    """Return the answer to what cannot be taken."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None
    return _problem(error.status, error.code, error.title, str(error), headers)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)  # noqa: S101  # registered for it
    _log.warning(catalog.Event.NOTIFICATION_REFUSED, path=request.url.path, status=error.status, error=str(error))
    return refusal(error)


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OutboxUnavailable)  # noqa: S101  # registered for it
    _log.error(catalog.Event.NOTIFICATION_OUTBOX_FAILED, path=request.url.path, error=str(error))
    return _problem(error.status, error.code, error.title, str(error), {"Retry-After": "5"})


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for it
    faults = (f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors())
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_query", "Invalid query", "; ".join(faults))


async def _framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for it
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    return _problem(error.status_code, code, phrase, f"{request.method} {request.url.path}: {phrase}", error.headers)


async def _unhandled(_: Request, error: Exception) -> JSONResponse:
    detail = f"{type(error).__name__}: the notifier's log has more under this request id."
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)


def _problem(status: int, code: str, title: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": title,
        "status": int(status),
        "detail": detail,
        "code": code,
        "request_id": current_request_id(),
        "timestamp": rfc3339(time.time()),
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")
