"""One handler turns the notifier's errors into problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from telemetry import catalog
from telemetry.logs import get_logger

from .errors import OutboxUnavailable, Refused

_log = get_logger(__name__)


def answer_problems(app: FastAPI) -> None:
    """Have `app` answer the notifier's errors."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(OutboxUnavailable, _unavailable)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Refused):
        raise error
    _log.warning(catalog.Event.NOTIFICATION_REFUSED, path=request.url.path, status=error.status, error=str(error))
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None
    return _problem(error.status, error.title, str(error), headers)


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    _log.error(catalog.Event.NOTIFICATION_OUTBOX_FAILED, path=request.url.path, error=str(error))
    # Alertmanager tries again after any 5xx and gives up after a 4xx.
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "Outbox unavailable", str(error), {"Retry-After": "5"})


def _problem(status: int, title: str, detail: str, headers: dict[str, str] | None) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": int(status), "detail": detail}
    return JSONResponse(body, status, headers, media_type="application/problem+json")
