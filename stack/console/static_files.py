"""The page itself: files with the right types, entity tags, and index.html for the routes it draws."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from stack.console.problems import NotFound

STATIC: Final = Path(__file__).parent / "static"

# A fixed table: the host's own one has .mjs as anything from text/plain to application/node.
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

_SHOWN: Final = 200

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    tag: str


@lru_cache(maxsize=128)
def _load(path: Path, modified: int, size: int) -> _File:  # noqa: ARG001 - parts of the key: a changed file is read anew
    content = path.read_bytes()
    return _File(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def index(request: Request) -> Response:
    """Return the page."""
    return _serve(request, "index.html")


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
async def page(request: Request, path: str) -> Response:
    """Return the file, or the page itself for an address that the page draws (`/d/jobs`, `/trace/...`)."""
    if path == "api" or path.startswith(("api/", "health/")):
        raise NotFound(f"there is no {request.url.path}")
    is_file = PurePosixPath(path).suffix in _TYPES
    return _serve(request, path) if is_file else index(request)


def _serve(request: Request, name: str) -> Response:
    try:
        path = (STATIC / name).resolve()
        if not path.is_relative_to(STATIC.resolve()) or not path.is_file():
            raise FileNotFoundError(name)
        facts = path.stat()
        file = _load(path, facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError) as error:  # also a name that no file can have: too long, or with a NUL
        raise NotFound(f"there is no {_shown(request.url.path)}") from error
    headers = {"ETag": file.tag, "Cache-Control": _caching(name)}
    if file.tag in (tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=_TYPES.get(path.suffix, "application/octet-stream"))


def _shown(path: str) -> str:
    return path if len(path) <= _SHOWN else f"{path[:_SHOWN]}..."


def _caching(name: str) -> str:
    # Names carry no digest, so browsers ask each time and mostly hear 304; vendored files change with releases.
    return "public, max-age=86400" if name.startswith("vendor/") else "no-cache"
