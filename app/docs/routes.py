"""`/docs`, `/docs/errors` and their style sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse

from app.docs.errors import error_page
from app.docs.reference import reference

router = APIRouter(prefix="/docs", include_in_schema=False)
_STYLE: Final = Path(__file__).with_name("style.css")
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
}


@router.get("")
async def docs(request: Request) -> HTMLResponse:
    """Show the reference."""
    server = str(request.base_url).rstrip("/")
    return HTMLResponse(reference(request.app.openapi(), server), headers=_HEADERS)


@router.get("/errors")
async def errors() -> HTMLResponse:
    """Show the error codes."""
    return HTMLResponse(error_page(), headers=_HEADERS)


@router.get("/style.css")
async def style() -> FileResponse:
    """Give the style sheet of the pages."""
    return FileResponse(_STYLE, media_type="text/css")
