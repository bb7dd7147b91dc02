"""The generated dashboards, as they are on disk."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from stack.console.problems import NotFound

_UID: Final = re.compile(r"[A-Za-z0-9_-]{1,60}\Z")
_FIRST: Final = ("overview", "jobs", "gpu")

router = APIRouter()


def package_folder(package: str, folder: str) -> Path:
    """Return a folder inside a package without importing it: what builds its files needs libraries, they do not."""
    spec = find_spec(package)
    locations = spec.submodule_search_locations if spec else None
    if not locations:
        raise ModuleNotFoundError(f"the package {package} is not installed beside the console")
    return Path(next(iter(locations))) / folder


@router.get("/dashboards")
def dashboards() -> list[dict[str, Any]]:
    """List the dashboards, the overview first."""
    found = [_facts(path, path.stat().st_mtime_ns) for path in sorted(_folder().glob("*.json"))]
    return sorted(found, key=lambda facts: (_rank(facts["uid"]), facts["title"]))


@router.get("/dashboards/{uid}")
def dashboard(uid: str) -> Response:
    """Return one dashboard as it was generated."""
    for path in _folder().glob("*.json") if _UID.match(uid) else ():
        if uid in (path.stem, _facts(path, path.stat().st_mtime_ns)["uid"]):
            return Response(path.read_bytes(), media_type="application/json", headers={"Cache-Control": "no-cache"})
    raise NotFound(f"there is no dashboard {uid!r}: GET /api/dashboards lists them")


def _folder() -> Path:
    return package_folder("dashboards", "generated")


@lru_cache(maxsize=64)
def _facts(path: Path, modified: int) -> dict[str, Any]:  # noqa: ARG001 - part of the key
    content = json.loads(path.read_bytes())
    return {
        "uid": content.get("uid") or path.stem,
        "title": content.get("title") or path.stem,
        "description": content.get("description") or "",
        "tags": content.get("tags") or [],
    }


def _rank(uid: str) -> int:
    name = uid.removeprefix("plainview-")
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)
