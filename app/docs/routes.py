"""`/docs`, `/docs/errors`, their style sheet, and the OpenAPI document; open to all unless the settings say otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from app.docs.errors import error_page
from app.docs.reference import reference
from app.jobs.access import base_url
from app.keys.authentication import require_reader
from app.limits.enforcement import LimitedByAddress
from app.services import CurrentServices

router = APIRouter(include_in_schema=False, dependencies=[LimitedByAddress, Depends(require_reader)])
_STYLE: Final = Path(__file__).with_name("style.css")
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
}


@router.get("/docs")
async def docs(request: Request, services: CurrentServices) -> HTMLResponse:
    """Show the reference."""
    return HTMLResponse(reference(request.app.openapi(), base_url(request, services)), headers=_HEADERS)


@router.get("/docs/errors")
async def errors() -> HTMLResponse:
    """Show the error codes."""
    return HTMLResponse(error_page(), headers=_HEADERS)


@router.get("/docs/style.css")
async def style() -> FileResponse:
    """Give the style sheet of the pages."""
    return FileResponse(_STYLE, media_type="text/css")


@router.get("/openapi.json")
async def openapi(request: Request) -> JSONResponse:
    """Give the OpenAPI document."""
    return JSONResponse(request.app.openapi())
