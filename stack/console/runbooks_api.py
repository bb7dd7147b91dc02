"""The runbooks, one per alert."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

import alerts
from stack.console.problems import NotFound

RUNBOOKS: Final = Path(next(iter(alerts.__path__))) / "runbooks"

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")

router = APIRouter()


@router.get("/runbooks")
def runbooks() -> list[str]:
    """List the names of the runbooks; each is the name of its alert."""
    return sorted(path.stem for path in RUNBOOKS.glob("*.md") if path.stem != "README")


@router.get("/runbooks/{name}")
def runbook(name: str) -> Response:
    """Return one runbook as Markdown."""
    path = RUNBOOKS / f"{name}.md"
    if not _NAME.match(name) or not path.is_file():
        raise NotFound(f"there is no runbook {name!r}: GET /api/runbooks lists them")
    return Response(path.read_bytes(), media_type="text/markdown; charset=utf-8")
